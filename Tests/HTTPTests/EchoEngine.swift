import HTTP

/// A stand-in for models: it answers with the words it was asked, so that every shape can be
/// checked exactly.
struct EchoEngine: GenerationEngine {
    /// Finished when a generation that never ends is told to stop.
    let stopped: AsyncStream<Never>.Continuation?

    init(stopped: AsyncStream<Never>.Continuation? = nil) { self.stopped = stopped }

    func models() async throws -> [ModelDescription] {
        [ModelDescription(id: "echo", createdAt: 1_700_000_000, owner: "tests", revision: "r1")]
    }

    func generate(
        _ request: GenerationRequest
    ) async throws -> AsyncThrowingStream<GenerationEvent, any Error> {
        guard request.model == "echo" else {
            throw FrontDoorError.notFound(what: "no such model: '\(request.model)'", param: "model")
        }
        let text = Self.text(request.prompt)
        if text == "overload" { throw FrontDoorError.overloaded(retryAfter: .milliseconds(1500)) }
        if text == "unavailable" {
            throw FrontDoorError.unavailable(
                message: "layer 3 expert 7 has no live replica", retryAfter: .seconds(2))
        }
        if text == "endless" {
            return endless([
                .started(model: "echo", promptTokenCount: 1),
                .token(GeneratedToken(text: "on", id: 0, bytes: [111, 110])),
            ])
        }
        return stream(Self.events(request, text))
    }

    /// Says this and no more, and never ends.
    private func endless<Event: Sendable>(
        _ events: [Event]
    ) -> AsyncThrowingStream<Event, any Error> {
        let (stream, source) = AsyncThrowingStream<Event, any Error>.makeStream()
        source.onTermination = { [stopped] _ in stopped?.finish() }
        for event in events { source.yield(event) }
        return stream
    }

    private func stream<Event: Sendable>(_ events: [Result<Event, FrontDoorError>])
        -> AsyncThrowingStream<Event, any Error>
    {
        AsyncThrowingStream { source in
            for event in events {
                switch event {
                case .success(let event): source.yield(event)
                case .failure(let error): source.finish(throwing: error)
                }
            }
            source.finish()
        }
    }

    private static func events(
        _ request: GenerationRequest, _ text: String
    ) -> [Result<GenerationEvent, FrontDoorError>] {
        let words = words(text)
        let shown = words.prefix(request.tokenCountMax ?? .max)
        var events: [Result<GenerationEvent, FrontDoorError>] = [
            .success(.started(model: "echo", promptTokenCount: words.count))
        ]
        for (index, word) in shown.enumerated() {
            events.append(.success(.token(token(word, index, request.alternativeCount))))
            if word.hasSuffix("break") {
                return events + [.failure(.deadlineExceeded(message: "too slow"))]
            }
        }
        if shown.count == words.count {
            events.append(.success(.token(end(releasing: "", request.alternativeCount))))
        }
        let experts = [
            MeshReport.ExpertUse(layer: 0, expert: 3, workers: ["w1"], weight: 0.5, tokenCount: 2)
        ]
        let reason: FinishReason = shown.count < words.count ? .length : .stop
        return events + [
            .success(
                .finished(
                    reason, Usage(promptTokenCount: words.count, completionTokenCount: shown.count),
                    MeshReport(
                        experts: request.mesh.routing ? experts : [],
                        revision: "r\(request.mesh.revision ?? 1)")))
        ]
    }

    private static func token(_ word: String, _ index: Int, _ alternativeCount: Int?)
        -> GeneratedToken
    {
        let bytes = Array(word.utf8)
        let alternatives = (0..<(alternativeCount ?? 0)).map {
            GeneratedToken.Alternative(bytes: bytes, logProbability: -0.5 - Double($0))
        }
        return GeneratedToken(
            text: word, id: Int32(index), bytes: bytes,
            logProbability: alternativeCount == nil ? nil : -0.5, alternatives: alternatives)
    }

    /// What models write after the last word.
    static func end(releasing text: String, _ alternativeCount: Int?) -> GeneratedToken {
        GeneratedToken(
            text: text, id: 2, bytes: Array("<|im_end|>".utf8),
            logProbability: alternativeCount == nil ? nil : -0.1, isEnd: true)
    }

    /// The last turn's words, each but the first with the space before it.
    static func words(_ text: String) -> [String] {
        text.split(separator: " ").enumerated().map { $0 == 0 ? String($1) : " " + $1 }
    }

    private static func text(_ prompt: GenerationRequest.Prompt) -> String {
        switch prompt {
        case .chat(let turns): turns.last?.content ?? ""
        case .text(let text): text
        case .tokens(let tokens): tokens.map { String($0) }.joined(separator: " ")
        }
    }

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingReply {
        let vectors = request.inputs.map { [Float($0.utf8.count), 0.1, -1.5e-8] }
        return EmbeddingReply(model: "echo", vectors: vectors, tokenCount: request.inputs.count)
    }

    func answer(_ request: AnswerRequest) async throws -> AsyncThrowingStream<
        AnswerEvent, any Error
    > {
        let text = request.turns.last?.content ?? ""
        if text == "endless" { return endless([.started(model: "echo"), .text("on")]) }
        var events: [Result<AnswerEvent, FrontDoorError>] = [.success(.started(model: "echo"))]
        if request.fileSearch != nil {
            events.append(.success(.searching(queries: [text])))
            events.append(.success(.passages([Self.passage])))
        }
        let words = Self.words(text)
        for word in words.prefix(request.tokenCountMax ?? .max) {
            events.append(.success(.text(word)))
        }
        if text.hasSuffix("break") {
            return stream(events + [.failure(.failed(message: "it broke"))])
        }
        if request.fileSearch != nil {
            events.append(.success(.citations([Self.citation(after: text)])))
        }
        let isCut = words.count > request.tokenCountMax ?? .max
        let report = MeshReport(
            support: request.fileSearch == nil ? nil : .supported,
            revision: "r\(request.mesh.revision ?? 1)")
        let usage = Usage(promptTokenCount: 3, completionTokenCount: words.count)
        return stream(events + [.success(.finished(isCut ? .length : .stop, usage, report))])
    }

    private static let provenance = Provenance(byteRange: 2..<9, digest: "ab12")
    private static let passage = FoundPassage(
        fileID: "file-1", filename: "a.md", text: "passage", score: 0.75,
        attributes: ["year": .number(2026)], provenance: provenance)

    private static func citation(after text: String) -> Citation {
        Citation(
            fileID: "file-1", filename: "a.md", index: text.unicodeScalars.count,
            provenance: provenance)
    }
}
