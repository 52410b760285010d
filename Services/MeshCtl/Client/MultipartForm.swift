/// A body of `multipart/form-data` (RFC 7578).
struct MultipartForm {
    /// Cannot occur in a document by accident; one that holds it on purpose is refused.
    private static let boundary = "meshctl-6f1d9a3c5e7b2840"
    private(set) var body: [UInt8] = []

    var contentType: String { "multipart/form-data; boundary=\(Self.boundary)" }

    mutating func add(_ name: String, _ value: String) {
        open("name=\"\(name)\"")
        body += Array("\r\n\(value)\r\n".utf8)
    }

    mutating func add(_ name: String, file: String, mediaType: String, content: [UInt8]) {
        open("name=\"\(name)\"; filename=\"\(Self.escaped(file))\"")
        body += Array("Content-Type: \(mediaType)\r\n\r\n".utf8) + content + Array("\r\n".utf8)
    }

    mutating func close() { body += Array("--\(Self.boundary)--\r\n".utf8) }

    private mutating func open(_ disposition: String) {
        body += Array(
            "--\(Self.boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n".utf8)
    }

    /// As browsers do it: a quote or a line break in a name must not end the header.
    private static func escaped(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            switch character {
            case "\"": text += "%22"
            case "\r": text += "%0D"
            case "\n", "\r\n": text += "%0A"
            default: text.append(character)
            }
        }
    }
}
