internal import JSON

/// Models, completions and embeddings.
struct GenerationRoutes: Sendable {
    let engine: any GenerationEngine
    let signOfLife: SignOfLife

    var all: [Route] {
        [
            Route("POST", "/v1/chat/completions") { try await chat($0) },
            Route("POST", "/v1/completions") { try await complete($0) },
            Route("POST", "/v1/embeddings") { try await embed($0) },
            Route("GET", "/v1/models") { try await models($0) },
            Route("GET", "/v1/models/{model}") { try await model($0) },
        ]
    }

    private func chat(_ incoming: IncomingRequest) async throws -> OutgoingResponse {
        var request = try ChatRequest(body: incoming.body)
        request.generation.mesh.revision = try incoming.namedRevision()
        let reply = ChatReply(request)
        let events = try await engine.generate(request.generation)
        guard request.isStream else {
            return .json(reply.whole(try await .gather(events, model: request.generation.model)))
        }
        return stream(events) { event, _ in reply.chunks(event) }
    }

    private func complete(_ incoming: IncomingRequest) async throws -> OutgoingResponse {
        var request = try CompletionRequest(body: incoming.body)
        request.generation.mesh.revision = try incoming.namedRevision()
        let reply = CompletionReply(request)
        let events = try await engine.generate(request.generation)
        guard request.isStream else {
            return .json(reply.whole(try await .gather(events, model: request.generation.model)))
        }
        return stream(events) { event, offset in reply.chunks(event, offset: offset) }
    }

    /// - Parameter chunks: of an event, and of the number of Unicode scalars that went before it.
    private func stream(
        _ events: AsyncThrowingStream<GenerationEvent, any Error>,
        _ chunks: @escaping @Sendable (GenerationEvent, Int) -> [JSONValue]
    ) -> OutgoingResponse {
        ServerSentEvents.response { stream in
            var offset = 0
            var hasBegun = false
            do {
                for try await beat in signOfLife.beats(events) {
                    if case .element(let event) = beat {
                        for chunk in chunks(event, offset) { try await stream.send(chunk) }
                        offset += event.text.unicodeScalars.count
                    } else {
                        try await stream.ping()
                    }
                    hasBegun = true
                }
            } catch let error where hasBegun && !(error is CancellationError) {
                try await stream.send(streamError(error).json)
                return
            }
            try Task.checkCancellation()
            try await stream.done()
        }
    }

    private func embed(_ incoming: IncomingRequest) async throws -> OutgoingResponse {
        let call = try EmbeddingsCall(body: incoming.body)
        return .json(call.response(try await engine.embed(call.request)))
    }

    // MARK: Models

    private func models(_ incoming: IncomingRequest) async throws -> OutgoingResponse {
        try QueryItems(incoming).end()
        let models = try await engine.models().map(\.json)
        return .json(["object": "list", "data": .array(models)])
    }

    private func model(_ incoming: IncomingRequest) async throws -> OutgoingResponse {
        try QueryItems(incoming).end()
        let id = incoming.parameters["model"] ?? ""
        guard let model = try await engine.models().first(where: { $0.id == id }) else {
            throw FrontDoorError.notFound(what: "no such model: '\(id)'", param: "model")
        }
        return .json(model.json)
    }
}

extension GenerationEvent {
    /// What it adds to the answer.
    fileprivate var text: String {
        guard case .token(let token) = self else { return "" }
        return token.text
    }
}

extension ModelDescription {
    fileprivate var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(id)), ("object", "model"), ("created", .integer(createdAt)),
            ("owned_by", .string(owner)),
        ]
        if let revision { members.append(("mesh", ["revision": .string(revision)])) }
        return .members(members)
    }
}

extension IncomingRequest {
    private static let revisionHeader = "X-Mesh-Revision"

    /// The revision that the client wants to be answered by; nil when it names none.
    func namedRevision() throws(FrontDoorError) -> Int? {
        guard let text = header(Self.revisionHeader) else { return nil }
        guard let number = Int(text), number > 0 else {
            throw .invalidValue(Self.revisionHeader, "must be a revision's number, such as 2")
        }
        return number
    }
}
