internal import ArgumentParser
internal import JSON

/// Asks a question and shows where the answer comes from.
struct Ask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a question; the answer is streamed, its citations follow.",
        discussion: """
              meshctl ask "Which checksum do frames carry?"
              meshctl ask --collection manuals --experts "What does git bisect do?"
            """)

    @Argument(help: "The question.")
    var question: String

    @Option(help: "The collection to search.")
    var collection = Ingest.defaultCollection

    @Option(help: "The model; the one that is served, unless given.")
    var model: String?

    @Flag(help: "Show which experts computed the answer, and on which workers.")
    var experts = false

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let frontDoor = try mesh.frontDoor()
        let body: JSONValue = [
            "model": .string(try await servedModel(frontDoor)), "input": .string(question),
            "stream": true, "temperature": 0, "tools": try await [search(frontDoor)],
            "include": ["file_search_call.results"], "mesh": ["routing": .bool(experts)],
        ]
        show(try await response(to: body, from: frontDoor))
    }

    /// The finished response; its text is printed while it comes.
    private func response(
        to body: JSONValue, from frontDoor: MeshClient
    ) async throws -> JSONValue {
        var response: JSONValue?
        var hasText = false
        try await frontDoor.events(of: "/v1/responses", body) { event in
            switch event["type"]?.string {
            case "response.output_text.delta" where !output.json:
                hasText = true
                Terminal.result(event["delta"]?.string ?? "", terminator: "")
            case "response.completed", "response.incomplete":
                response = event["response"]
            case "response.failed", "error":
                // The error gets a line of its own.
                if hasText { Terminal.result("") }
                throw Self.failure(event)
            default: break
            }
        }
        guard let response else {
            throw MeshCtlError.malformedAnswer(
                path: "/v1/responses", reason: "it ends in the middle")
        }
        return response
    }

    private func show(_ response: JSONValue) {
        output.show(response) { [""] + Answer(response).lines(withExperts: experts) }
    }

    private func servedModel(_ frontDoor: MeshClient) async throws -> String {
        if let model { return model }
        let models = try await frontDoor.get("/v1/models")
        guard let first = models["data"]?[0]?["id"]?.string else {
            throw MeshCtlError.malformedAnswer(path: "/v1/models", reason: "no model in \(models)")
        }
        return first
    }

    private func search(_ frontDoor: MeshClient) async throws -> JSONValue {
        let known = try await Collections(frontDoor: frontDoor).all()
        guard let store = known.first(where: { $0.name == collection }) else {
            throw MeshCtlError.unknownCollection(name: collection, known: known.map(\.name))
        }
        return ["type": "file_search", "vector_store_ids": [.string(store.identifier)]]
    }

    /// An answer that has begun has the status 200: what went wrong stands in its last event.
    static func failure(_ event: JSONValue) -> MeshCtlError {
        let error = event["response"]?["error"] ?? event["error"] ?? event
        return .answerFailed(
            code: error["code"]?.string ?? "no code",
            message: error["message"]?.string ?? "\(event)")
    }
}
