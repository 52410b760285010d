internal import JSON

/// `/v1/responses`.
struct AnswerRoutes: Sendable {
    let engine: any GenerationEngine
    let hasLibrary: Bool
    let signOfLife: SignOfLife

    var all: [Route] {
        [
            Route("POST", "/v1/responses") { try await answer($0) },
            Route("GET", "/v1/responses/{response}") { try notStored($0) },
            Route("DELETE", "/v1/responses/{response}") { try notStored($0) },
        ]
    }

    private func answer(_ incoming: IncomingRequest) async throws -> OutgoingResponse {
        var request = try ResponsesRequest(body: incoming.body)
        request.answer.mesh.revision = try incoming.namedRevision()
        guard request.answer.fileSearch == nil || hasLibrary else { throw LibraryShelf.missing }
        let events = try await engine.answer(request.answer)
        return request.isStream
            ? stream(events, ResponseComposer(request))
            : .json(try await Self.whole(events, ResponseComposer(request)))
    }

    private static func whole(
        _ events: AsyncThrowingStream<AnswerEvent, any Error>, _ empty: ResponseComposer
    ) async throws -> JSONValue {
        var composer = empty
        for try await event in events { _ = composer.add(event) }
        try Task.checkCancellation()
        guard composer.isFinished else {
            throw FrontDoorError.failed(message: "the answer ended without a result")
        }
        return composer.response
    }

    private func stream(
        _ events: AsyncThrowingStream<AnswerEvent, any Error>, _ empty: ResponseComposer
    ) -> OutgoingResponse {
        ServerSentEvents.response { stream in
            var composer = empty
            var hasBegun = false
            do {
                for try await beat in signOfLife.beats(events) {
                    if case .element(let event) = beat {
                        for event in composer.add(event) {
                            try await stream.send(event.body, name: event.name)
                        }
                    } else {
                        try await stream.ping()
                    }
                    hasBegun = true
                }
                try Task.checkCancellation()
            } catch let error where hasBegun && !(error is CancellationError) {
                for event in composer.fail(streamError(error)) {
                    try await stream.send(event.body, name: event.name)
                }
            }
        }
    }

    private func notStored(_ incoming: IncomingRequest) throws -> OutgoingResponse {
        let id = incoming.parameters["response"] ?? ""
        throw FrontDoorError.notFound(
            what: "no such response: '\(id)'; responses are not stored here")
    }
}
