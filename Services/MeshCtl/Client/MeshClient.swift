internal import JSON
internal import NIOHTTP1

/// JSON in, JSON out, and a refusal as an error.
struct MeshClient: Sendable {
    let http: HTTPClient

    /// Long enough for a request behind others; generation is streamed and has no such limit.
    static let answerTimeout = Duration.seconds(60)

    /// - Parameter apiKey: presented with every request.
    init(url: String, apiKey: String? = nil) throws {
        http = try HTTPClient(url: url, apiKey: apiKey)
    }

    func get(_ path: String, within limit: Duration = answerTimeout) async throws -> JSONValue {
        try await answer(to: HTTPRequest(path: path), within: limit)
    }

    /// Whether there is something at the path; a refusal for any other reason is thrown.
    func exists(_ path: String) async throws -> Bool {
        let reply = try await http.reply(to: HTTPRequest(path: path), within: Self.answerTimeout)
        guard reply.status != 404 else { return false }
        guard (200..<300).contains(reply.status) else { throw Self.refusal(reply) }
        return true
    }

    func post(
        _ path: String, _ body: JSONValue, within limit: Duration = answerTimeout
    ) async throws -> JSONValue {
        try await answer(
            to: HTTPRequest(
                method: .POST, path: path, contentType: "application/json", body: body.encoded()),
            within: limit)
    }

    func put(_ path: String, _ bytes: [UInt8], within limit: Duration) async throws {
        _ = try await answer(
            to: HTTPRequest(
                method: .PUT, path: path, contentType: "application/octet-stream", body: bytes),
            within: limit)
    }

    func post(_ path: String, _ form: MultipartForm) async throws -> JSONValue {
        try await answer(
            to: HTTPRequest(
                method: .POST, path: path, contentType: form.contentType, body: form.body))
    }

    func delete(_ path: String) async throws -> JSONValue {
        try await answer(to: HTTPRequest(method: .DELETE, path: path))
    }

    /// Hands out each event of a streamed answer as it arrives.
    func events(
        of path: String, _ body: JSONValue, _ receive: (JSONValue) async throws -> Void
    ) async throws {
        var events = ServerSentEvents()
        var raw: [UInt8] = []
        let request = HTTPRequest(
            method: .POST, path: path, contentType: "application/json", body: body.encoded())
        let status = try await http.stream(request) { bytes in
            if raw.count < Self.refusalByteCountMax { raw += bytes }
            for data in events.feed(bytes) { try await receive(Self.json(data, path)) }
        }
        guard status == 200 else { throw Self.refusal(HTTPReply(status: status, body: raw)) }
    }

    /// A refusal is one sentence in a small object.
    private static let refusalByteCountMax = 64 << 10

    private func answer(
        to request: HTTPRequest, within limit: Duration = answerTimeout
    ) async throws -> JSONValue {
        let reply = try await http.reply(to: request, within: limit)
        guard (200..<300).contains(reply.status) else { throw Self.refusal(reply) }
        return try Self.json(String(decoding: reply.body, as: UTF8.self), request.path)
    }

    private static func json(_ text: String, _ path: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw MeshCtlError.malformedAnswer(path: path, reason: "\(error)")
        }
    }

    private static func refusal(_ reply: HTTPReply) -> MeshCtlError {
        let text = String(decoding: reply.body, as: UTF8.self)
        let error = (try? JSONValue(parsing: text))?["error"]
        return .refused(
            status: reply.status, message: error?["message"]?.string ?? text,
            parameter: error?["param"]?.string)
    }
}
