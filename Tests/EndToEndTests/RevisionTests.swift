import Checkpoint
import JSON
import LinearAlgebra
import Logging
import Mesh
import Model
import Storage
import Testing
import Tokenization
import Transport
import Wire

@testable import ExpertWorker
@testable import Router

private let by = Authorship(author: "test", note: "")

struct RevisionTests {
    @Test func `other experts serve from the promotion to the rollback, and not a token longer`()
        async throws
    {
        let stage = try await RevisionStage()
        let before = try await stage.tokens()
        let number = try await stage.stageNegated()
        #expect(await stage.revisions.book.states[number] == .staged)
        #expect(try await stage.tokens() == before, "staged is not served")
        let after = try await stage.tokens(named: number)
        #expect(after != before)
        try await stage.revisions.promote(number, by)
        #expect(try await stage.tokens() == after)
        try await stage.revisions.rollBack(by)
        #expect(try await stage.tokens() == before)
        try await stage.stop()
    }

    @Test func `a request that runs during a promotion and a rollback keeps its revision`()
        async throws
    {
        let stage = try await RevisionStage()
        let number = try await stage.stageNegated()
        let expected = (try await stage.tokens(named: 1), try await stage.tokens(named: number))
        let old = try await stage.tokens { count in
            if count == 5 { try await stage.revisions.promote(number, by) }
        }
        #expect(old == expected.0)
        let new = try await stage.tokens { count in
            if count == 5 { try await stage.revisions.rollBack(by) }
        }
        #expect(new == expected.1)
        try await stage.stop()
    }

    @Test func `the workers let go of a discarded revision when its last request has ended`()
        async throws
    {
        let stage = try await RevisionStage()
        let number = try await stage.stageNegated()
        let expected = try await stage.tokens(named: number)
        let candidate = try #require(await stage.revisions.held[number])
        let uploads = ArtifactStore(path: stage.mesh.directory + "/experts")
        let kept = try await stage.tokens(named: number) { count in
            guard count == 5 else { return }
            try await stage.revisions.discard(number, by)
            #expect(await stage.mesh.fleet.state.missing(of: candidate).isEmpty)
            #expect(candidate.digests.allSatisfy(uploads.contains))
        }
        #expect(kept == expected)
        await stage.waitUntilFree(number)
        while await stage.mesh.fleet.state.missing(of: candidate).isEmpty {
            await stage.mesh.fleet.waitForChange(atMost: .milliseconds(100))
        }
        #expect(await stage.mesh.fleet.missing.isEmpty)
        while candidate.digests.contains(where: uploads.contains) { await Task.yield() }
        #expect(stage.mesh.model.initial.digests.allSatisfy(uploads.contains))
        await #expect(throws: RevisionError.self) { try await stage.tokens(named: number) }
        try await stage.stop()
    }

    @Test func `a canary's answers are compared with what serves, over the same tokens`()
        async throws
    {
        let stage = try await RevisionStage()
        let number = try await stage.stageNegated()
        try await stage.revisions.canary(number, share: 1, by)
        let tokens = try await stage.tokens()
        #expect(try await stage.tokens(named: number) == tokens)
        await stage.waitUntilFree(number)
        let use = try #require(await stage.revisions.uses[number])
        #expect(use.requestCount == 2)
        #expect(use.divergence.tokenCount == 2 * tokens.count)
        #expect(use.divergence.meanKL > 0)
        #expect(use.divergence.agreement < 1)
        #expect(use.tokenLatency != nil)
        let report = try await stage.revisions.report()["revisions"]?[0]
        #expect(report?["divergence"]?["tokens"]?.integer == 2 * tokens.count)
        try await stage.stop()
    }

    @Test func `the same experts under another number do not diverge`() async throws {
        let stage = try await RevisionStage()
        let same = stage.mesh.model.initial.experts[0].map(\.digest)
        let number = try await stage.revisions.stage(
            RevisionEdit(
                layers: [.init(layer: 0, experts: same, gate: nil, path: "")], authorship: by))
        await stage.revisions.waitUntilStagingEnds()
        let served = try await stage.tokens()
        #expect(try await stage.tokens(named: number) == served)
        await stage.waitUntilFree(number)
        let divergence = try #require(await stage.revisions.uses[number]?.divergence)
        #expect(divergence.tokenCount > 0)
        #expect(divergence.meanKL == 0)
        #expect(divergence.agreement == 1)
        try await stage.stop()
    }

    @Test func `fewer experts come with their gate, bit for bit those that are left`() async throws
    {
        let stage = try await RevisionStage()
        let gate = try #require(stage.mesh.loaded.decoder.gateMatrix(layer: 1))
        let kept = [0, 2, 3, 5, 6, 7]
        let experts = stage.mesh.model.initial.experts[1]
        let edit = RevisionEdit(
            layers: [
                .init(
                    layer: 1, experts: kept.map { experts[$0].digest },
                    gate: gate.matrix.rows(at: kept).elements, path: "")
            ], authorship: by)
        let number = try await stage.revisions.stage(edit)
        await stage.revisions.waitUntilStagingEnds()
        let before = try await stage.tokens()
        let pruned = try await stage.tokens(named: number)
        #expect(pruned.count > 1)
        let running = try await stage.tokens { count in
            if count == 3 { try await stage.revisions.promote(number, by) }
        }
        #expect(running == before, "eight experts to the end")
        #expect(try await stage.tokens() == pruned)
        try await stage.stop()
    }
}

struct RevisionDurabilityTests {
    @Test func `what was promoted serves after a restart, and can still be rolled back`()
        async throws
    {
        let stage = try await RevisionStage()
        let before = try await stage.tokens()
        let number = try await stage.stageNegated()
        try await stage.revisions.promote(number, by)
        let after = try await stage.tokens()

        let again = try await stage.mesh.revisions(catalog: stage.catalog)
        #expect(await again.serving.number == number)
        let promoted = try await again.pin(named: nil)
        #expect(
            try await stage.tokens(pin: promoted) == after)
        try await again.rollBack(by)
        let returned = try await again.pin(named: nil)
        #expect(
            try await stage.tokens(pin: returned) == before)
        try await stage.stop()
    }

    @Test func `a staging that the router did not live to end has failed, and says so`()
        async throws
    {
        let stage = try await RevisionStage(workers: [])
        let number = try await stage.revisions.stage(try stage.negated())
        await stage.revisions.stop()
        let again = try await stage.mesh.revisions(catalog: stage.catalog)
        let state = try #require(await again.book.states[number])
        #expect(state.reason?.contains("the router stopped") == true)
        #expect(await again.book.candidate == nil)
        let journal = try await stage.catalog.journal(of: again.base)
        #expect(journal.map(\.step.kind) == [.failed, .staging, .imported])
        #expect(journal[1].author == "test")
        try await stage.stop()
    }

    @Test func `without a catalog nothing can be staged, and the error says what to add`()
        async throws
    {
        let stage = try await RevisionStage()
        let revisions = try await stage.mesh.revisions()
        let error = await #expect(throws: StagingError.self) {
            try await revisions.stage(try stage.negated())
        }
        #expect(error?.description.contains("--catalog") == true)
        try await stage.stop()
    }
}

struct StagingFailureTests {
    @Test func `a worker that computes wrongly fails the self-test by its name`() async throws {
        let stage = try await RevisionStage(workers: ["worker-1"])
        let liar = try await stage.mesh.addPretender("liar") { request in
            [Float](repeating: 0, count: request.rowCount * request.hiddenSize)
        }
        let number = try await stage.stageNegated()
        let reason = try #require(await stage.revisions.book.states[number]?.reason)
        #expect(reason.contains("liar computes artifact"))
        #expect(reason.contains("not bit for bit"))
        #expect(await stage.revisions.book.serving == 1)
        await liar.close()
        try await stage.stop()
    }

    @Test func `a worker that is only busy is asked again, and is not said to compute wrongly`()
        async throws
    {
        let stage = try await RevisionStage(workers: ["worker-1"])
        let asked = Locked(0)
        _ = try await stage.mesh.addPretender("busy") { _ in
            asked.withLock { $0 += 1 }
            throw Fault(code: .overloaded, message: "too much at once")
        }
        let number = try await stage.stageNegated()
        let reason = try #require(await stage.revisions.book.states[number]?.reason)
        #expect(reason.contains("busy does not answer"))
        #expect(asked.withLock { $0 } == 3)
        try await stage.stop()
    }

    @Test func `only one revision is on trial, and it can be discarded while it is staged`()
        async throws
    {
        let stage = try await RevisionStage(workers: [])
        let number = try await stage.revisions.stage(try stage.negated())
        await #expect(throws: RevisionError.candidateExists(number, .staging)) {
            try await stage.revisions.stage(try stage.negated())
        }
        await #expect(throws: RevisionError.refused(.promotion, number, .staging)) {
            try await stage.revisions.promote(number, by)
        }
        try await stage.revisions.discard(number, by)
        await stage.revisions.waitUntilStagingEnds()
        #expect(await stage.revisions.book.states[number] == .retired)
        #expect(await stage.revisions.book.wanted == [1])
        try await stage.stop()
    }

    @Test func `experts that fit on no worker fail the staging, and what serves goes on`()
        async throws
    {
        let stage = try await RevisionStage(workers: [])
        let bytes = stage.mesh.model.initial.experts.joined().reduce(0) { $0 + $1.byteCount }
        _ = try await stage.mesh.addWorker("small", memoryByteCountMax: bytes + bytes / 2)
        let before = try await stage.tokens()
        let number = try await stage.stageNegated()
        let reason = try #require(await stage.revisions.book.states[number]?.reason)
        #expect(reason.contains("none can take it: give the workers more --memory"))
        let uploads = ArtifactStore(path: stage.mesh.directory + "/experts")
        let edit = try stage.negated()
        #expect(edit.layers.flatMap(\.experts).allSatisfy(uploads.contains), "for another attempt")
        #expect(try await stage.tokens() == before)
        try await stage.stop()
    }
}

extension TinyMesh {
    /// A worker that says it holds everything, and answers every dispatch with this.
    fileprivate func addPretender(
        _ name: String, _ answer: @escaping @Sendable (ExpertDispatch) throws -> [Float]
    ) async throws -> Peer {
        var handlers = Handlers()
        handlers.on(ExpertDispatch.self) { request, _, _ in
            let sums = try answer(request)
            return (
                ExpertCombine(rowCount: request.rowCount, computeNanoseconds: 1),
                Attachment(floats: sums)
            )
        }
        handlers.on(HoldArtifacts.self) { _, _, _ in
            (HoldArtifactsReply(residentBytes: 1), .empty)
        }
        handlers.on(WorkerStatus.self) { _, _, _ in
            (WorkerStatusReply(inFlight: 0, residentBytes: 0), .empty)
        }
        return try await join(name, handlers: handlers)
    }
}
