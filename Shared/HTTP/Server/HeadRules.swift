internal import NIOHTTP1

/// A request that is turned away, and what its sender is told.
struct Refusal: Error, Equatable {
    let status: Int
    let message: String
    var code: String?
    /// The methods that the path has, where another was asked for (RFC 9110, 15.5.6).
    var allowedMethods: [String] = []

    var response: OutgoingResponse {
        ErrorBody(message: message, type: "invalid_request_error", code: code).response(
            status: status,
            headers: allowedMethods.isEmpty
                ? [] : [(name: "allow", value: allowedMethods.joined(separator: ", "))])
    }
}

/// What a request head must satisfy beyond the grammar that the parser enforces. Two readers that
/// disagree about where a body ends let one client speak in another's name, so whatever is
/// ambiguous is refused.
enum HeadRules {
    /// How the body is delimited.
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
    }

    static func framing(of head: HTTPRequestHead) throws(Refusal) -> Framing {
        let lengths = head.headers["content-length"]
        let encodings = head.headers["transfer-encoding"]
        guard encodings.isEmpty || lengths.isEmpty else {
            throw bad("content-length and transfer-encoding exclude each other")
        }
        if let encoding = encodings.first {
            guard encodings.count == 1, encoding.lowercased() == "chunked" else {
                throw bad("the only transfer-encoding is chunked")
            }
            guard head.version == .http1_1 else { throw bad("chunked needs HTTP/1.1") }
            return .chunked
        }
        guard let text = lengths.first else { return .none }
        let isDigits = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard lengths.count == 1, isDigits, let length = Int(text) else {
            throw bad("content-length must be one whole number")
        }
        return .length(length)
    }

    static func check(_ head: HTTPRequestHead) throws(Refusal) {
        try checkHost(head)
        try checkTarget(head.uri)
        for (name, value) in head.headers { try checkField(name, value) }
        guard !head.headers.contains(name: "upgrade") else { throw bad("upgrade is not offered") }
        let codings = head.headers["content-encoding"]
        guard codings.allSatisfy({ $0.lowercased() == "identity" }) else {
            throw Refusal(
                status: 415, message: "content-encoding is not supported: send the body as it is")
        }
        let expectations = head.headers["expect"]
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
            throw Refusal(status: 417, message: "the only expectation met is 100-continue")
        }
    }

    private static func checkHost(_ head: HTTPRequestHead) throws(Refusal) {
        let hosts = head.headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
            throw bad("a request names exactly one host")
        }
        let isPlain = hosts.allSatisfy { host in
            host.utf8.allSatisfy {
                isGraphic($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@")
            }
        }
        guard isPlain else { throw bad("the host is malformed") }
    }

    private static func checkTarget(_ target: String) throws(Refusal) {
        guard target.utf8.first == UInt8(ascii: "/") else {
            throw bad("the request target must be a path")
        }
        let isPlain = target.utf8.allSatisfy { isGraphic($0) && $0 != UInt8(ascii: "#") }
        guard isPlain else { throw bad("the request target holds characters that must be escaped") }
    }

    /// Horizontal tab, space and up: no control character, the NUL above all, may hide in a value.
    private static func checkField(_ name: String, _ value: String) throws(Refusal) {
        let isPlain = value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
        guard !name.isEmpty, isPlain else { throw bad("a header field holds a control character") }
    }

    private static func isGraphic(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

    private static func bad(_ message: String) -> Refusal { Refusal(status: 400, message: message) }
}
