public import JSON

/// What a handler answers: a status, header fields, and bytes at once or as they come.
public struct OutgoingResponse: Sendable {
    /// The bytes after the head.
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Sent chunked. The closure is cancelled when the client goes away; what it throws cuts
        /// the connection, so that a truncated stream cannot be mistaken for a whole one.
        case stream(@Sendable (ResponseStream) async throws -> Void)
    }

    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: Body

    public init(status: Int = 200, headers: [(name: String, value: String)] = [], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A response of JSON.
    public static func json(
        _ value: JSONValue, status: Int = 200, headers: [(name: String, value: String)] = []
    ) -> OutgoingResponse {
        let fields = [(name: "content-type", value: "application/json")] + headers
        return OutgoingResponse(status: status, headers: fields, body: .bytes(value.encoded()))
    }

    /// A response of plain text.
    public static func text(_ text: String, status: Int = 200) -> OutgoingResponse {
        let fields = [(name: "content-type", value: "text/plain; charset=utf-8")]
        return OutgoingResponse(status: status, headers: fields, body: .bytes(Array(text.utf8)))
    }
}

/// The open body of a streamed response.
public struct ResponseStream: Sendable {
    let send: @Sendable ([UInt8]) async throws -> Void

    /// Hands bytes to the connection at once; waits while the client reads slower than we write.
    public func write(_ bytes: [UInt8]) async throws { try await send(bytes) }
}
