internal import JSON

/// A stream of server-sent events: `data: {…}` and an empty line, each written as soon as it is
/// known.
struct ServerSentEvents: Sendable {
    let stream: ResponseStream

    /// - Parameter name: the event's type, where the dialect names it.
    func send(_ value: JSONValue, name: String? = nil) async throws {
        // JSON text holds no line break, so one `data:` line is enough.
        var bytes = name.map { Array("event: \($0)\n".utf8) } ?? []
        bytes += Array("data: ".utf8) + value.encoded() + Array("\n\n".utf8)
        try await stream.write(bytes)
    }

    /// A comment, which clients ignore: it only shows that the connection is alive.
    func ping() async throws { try await stream.write(Array(": ping\n\n".utf8)) }

    /// What tells a chat client that nothing follows.
    func done() async throws { try await stream.write(Array("data: [DONE]\n\n".utf8)) }

    static func response(
        _ produce: @escaping @Sendable (ServerSentEvents) async throws -> Void
    ) -> OutgoingResponse {
        let headers = [
            (name: "content-type", value: "text/event-stream; charset=utf-8"),
            (name: "cache-control", value: "no-store"),
        ]
        return OutgoingResponse(
            headers: headers, body: .stream { try await produce(ServerSentEvents(stream: $0)) })
    }
}

/// The error of a stream that has begun: too late for a status, so it goes out as an event.
func streamError(_ error: any Error) -> ErrorBody {
    (error as? FrontDoorError)?.body
        ?? ErrorBody(message: "an internal error ended the stream", type: "server_error")
}
