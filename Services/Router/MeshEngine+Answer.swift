internal import HTTP
internal import Tokenization

extension MeshEngine {
    /// Passages that are shown to the model: the demo model was trained with up to three.
    static let passageCountMax = 3

    func answer(
        _ request: AnswerRequest
    ) async throws -> AsyncThrowingStream<AnswerEvent, any Error> {
        try check(request.model)
        guard let search = request.fileSearch else { return try await plainAnswer(request) }
        guard let library else {
            throw FrontDoorError.unavailable(
                message:
                    "file_search needs a knowledge-store: start the router with --knowledge-store",
                retryAfter: .seconds(60))
        }
        let query = request.turns.last?.content ?? ""
        let passages = try await library.search(
            SearchRequest(
                vectorStoreIDs: search.vectorStoreIDs, queries: [query], limit: search.limit,
                scoreMin: search.scoreMin))
        return try await groundedAnswer(request, query: query, passages: passages)
    }

    private func plainAnswer(
        _ request: AnswerRequest
    ) async throws -> AsyncThrowingStream<AnswerEvent, any Error> {
        let system = request.instructions.map { [ChatTurn(role: .system, content: $0)] } ?? []
        let prompt = try prompts.tokens(.chat(system + request.turns))
        let parameters = try parameters(
            prompt, sampling: request.sampling, tokenCountMax: request.tokenCountMax,
            default: limits.answerTokenCountDefault)
        let admitted = try await start(prompt, parameters, request.mesh)
        return Self.stream { output in
            output.yield(.started(model: name))
            for try await event in admitted.events {
                switch event {
                case .token(let token): output.yield(.text(token.text))
                case .finished(let reason, let usage, let trace):
                    let report = admitted.report(trace, options: request.mesh)
                    output.yield(.finished(reason, usage, report))
                }
            }
        }
    }

    func groundedAnswer(
        _ request: AnswerRequest, query: String, passages: [FoundPassage]
    ) async throws -> AsyncThrowingStream<AnswerEvent, any Error> {
        let shown = Array(passages.prefix(Self.passageCountMax))
        let prompt = try prompts.grounded(
            request.turns, instructions: request.instructions, passages: shown.map(\.text))
        var parameters = try parameters(
            prompt, sampling: request.sampling, tokenCountMax: request.tokenCountMax,
            default: limits.groundedTokenCountDefault)
        parameters.firstTokenBias = refusalBias
        let admitted = try await start(prompt, parameters, request.mesh)
        return Self.stream { output in
            output.yield(.started(model: name))
            output.yield(.searching(queries: [query]))
            output.yield(.passages(passages))
            var answer = GroundedAnswer(shown)
            for try await event in admitted.events {
                switch event {
                case .token(let token): answer.feed(token.text, to: output)
                case .finished(let reason, let usage, let trace):
                    answer.finish(to: output)
                    let report = admitted.report(
                        trace, options: request.mesh, support: answer.support)
                    output.yield(.finished(reason, usage, report))
                }
            }
        }
    }
}

/// An answer over passages while it is written: text leaves checked, citations gather until its
/// end.
private struct GroundedAnswer {
    private var text: GroundedText
    private let passages: [FoundPassage]
    private var citations: [Citation] = []

    init(_ passages: [FoundPassage]) {
        self.passages = passages
        text = GroundedText(passages: passages.map(\.text), refusal: PromptBuilder.refusal)
    }

    var support: MeshReport.Support { text.support }

    mutating func feed(
        _ piece: String, to output: AsyncThrowingStream<AnswerEvent, any Error>.Continuation
    ) {
        emit(text.feed(piece), to: output)
    }

    mutating func finish(to output: AsyncThrowingStream<AnswerEvent, any Error>.Continuation) {
        emit(text.finish(), to: output)
        output.yield(.citations(citations))
    }

    private mutating func emit(
        _ pieces: [GroundedPiece],
        to output: AsyncThrowingStream<AnswerEvent, any Error>.Continuation
    ) {
        for piece in pieces {
            switch piece {
            case .text(let text): output.yield(.text(text))
            case .citation(let citation):
                let passage = passages[citation.passage]
                citations.append(
                    Citation(
                        fileID: passage.fileID, filename: passage.filename, index: citation.index,
                        provenance: passage.provenance))
            }
        }
    }
}
