import HTTP
import Mesh
import Testing
import Tokenization

@testable import Router

/// What `/v1/responses` adds to a plain generation.
struct AnswerTests {
    private let passage = FoundPassage(
        fileID: "file-1", filename: "a.txt", text: "The crisis began.", score: 1)

    @Test func `without a maximum in the request an answer has one of its own`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        _ = try await mesh.addWorker("worker-1")
        var limits = RequestLimits()
        (limits.answerTokenCountDefault, limits.groundedTokenCountDefault) = (4, 3)
        let engine = try await mesh.meshEngine(limits: limits)
        let request = AnswerRequest(
            model: mesh.model.name, turns: [ChatTurn(role: .user, content: "the")],
            sampling: Sampling(temperature: 0))
        var endings = [try await ending(of: engine.answer(request))]
        endings.append(
            try await ending(
                of: engine.groundedAnswer(request, query: "the", passages: [passage])))
        #expect(endings.map(\.reason) == [.length, .length])
        #expect(endings.map(\.tokenCount) == [4, 3])
        try await mesh.stop()
    }

    @Test func `an answer from passages begins with the bias of the refusal`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        _ = try await mesh.addWorker("worker-1")
        var limits = RequestLimits()
        limits.groundedTokenCountDefault = 1
        var request = AnswerRequest(
            model: mesh.model.name, turns: [ChatTurn(role: .user, content: "the")],
            sampling: Sampling(temperature: 0))
        request.tokenCountMax = 1
        let wanted: TokenID = 33  // "A"
        let biased = try await mesh.meshEngine(
            limits: limits, bias: TokenBias(token: wanted, bias: 90))
        let free = try await mesh.meshEngine(limits: limits)
        let answers = [
            try await text(of: biased.groundedAnswer(request, query: "", passages: [passage])),
            try await text(of: free.groundedAnswer(request, query: "", passages: [passage])),
            try await text(of: biased.answer(request)),
        ]
        #expect(answers.map { $0 == "A" } == [true, false, false])
        try await mesh.stop()
    }

    private func ending(
        of events: AsyncThrowingStream<AnswerEvent, any Error>
    ) async throws -> (reason: FinishReason, tokenCount: Int) {
        for try await case .finished(let reason, let usage, _) in events {
            return (reason, usage.completionTokenCount)
        }
        throw CancellationError()
    }

    private func text(
        of events: AsyncThrowingStream<AnswerEvent, any Error>
    ) async throws -> String {
        var text = ""
        for try await case .text(let piece) in events { text += piece }
        return text
    }
}
