import Checkpoint
import Storage
import Support
import Testing

@testable import Router

private let base = RevisionBase(
    identity: ArtifactDigest(of: [1]), initial: Revision(number: 1, experts: [], gates: [:]),
    hiddenSize: 3, topK: 1)

private func entry(_ step: RevisionStep) -> JournalEntry {
    JournalEntry(time: 1_700_000_000, step: step, author: "ada", note: "")
}

/// Several routers, one catalog.
@Suite(.withPostgres) struct CatalogRoutersTests {
    private func endSessions(_ home: CatalogHome) throws {
        guard case .server(let address) = home.location else { return }
        try PostgresServer.shared.get().endSessions(of: address)
    }

    @Test func `one router leads, and the others know which`() async throws {
        let home = try CatalogHome(.postgres)
        let (first, second) = (try await home.catalog(), try await home.catalog())
        #expect(try await first.lead("one", of: base))
        #expect(try await !second.lead("two", of: base))
        #expect(try await first.lead("one", of: base), "it still does")
        #expect(try await second.news(of: base).leader == "one")
        let other = RevisionBase(
            identity: ArtifactDigest(of: [2]), initial: base.initial, hiddenSize: 3, topK: 1)
        #expect(try await second.lead("two", of: other), "another model has its own leader")
    }

    @Test func `a leader that has lost its session writes nothing, and another leads`()
        async throws
    {
        let home = try CatalogHome(.postgres)
        let (first, second) = (try await home.catalog(), try await home.catalog())
        #expect(try await first.lead("one", of: base))
        var plan = Placement()
        plan.set(WorkerID(name: "a"), to: [ArtifactDigest(of: [7])])
        try endSessions(home)
        await #expect(throws: (any Error).self, "the session is lost, before it or under it") {
            try await first.publish(plan, of: base)
        }
        await #expect(throws: CatalogConflict.notLeading) {
            try await first.publish(plan, of: base)
        }
        await #expect(throws: CatalogConflict.notLeading) {
            try await first.record(
                RevisionBook(serving: 1), since: nil, entry(RevisionStep(.imported, 1)),
                asLeader: true, of: base)
        }
        #expect(try await second.lead("two", of: base))
        #expect(
            try await first.news(of: base)
                == CatalogNews(leader: "two", journalEnd: 0, planNumber: 0))
        #expect(try await first.publishedPlan(of: base) == Placement())
        #expect(try await !first.lead("one", of: base))
    }

    @Test func `a plan is read as it was published, and the last one counts`() async throws {
        let home = try CatalogHome(.postgres)
        let (first, second) = (try await home.catalog(), try await home.catalog())
        #expect(try await first.lead("one", of: base))
        let digests = (0..<9).map { ArtifactDigest(of: [UInt8($0)]) }
        var plan = Placement()
        plan.set(WorkerID(name: "a"), to: Set(digests))
        plan.set(WorkerID(name: "b"), to: [digests[3]])
        try await first.publish(plan, of: base)
        #expect(
            try await second.publishedPlan(of: base).digests(on: WorkerID(name: "a"))
                == Set(digests))
        plan.remove(WorkerID(name: "a"))
        try await first.publish(plan, of: base)
        #expect(try await second.publishedPlan(of: base) == plan)
        #expect(try await second.news(of: base).planNumber == 2)
    }

    @Test func `of two steps that were decided on the same book one is written`() async throws {
        let home = try CatalogHome(.postgres)
        let (first, second) = (try await home.catalog(), try await home.catalog())
        var book = RevisionBook(serving: 1)
        let end = try await first.record(
            book, since: nil, entry(RevisionStep(.imported, 1)), after: 0, of: base)
        let former = book
        let step = try book.stage()
        let next = try await first.record(
            book, since: former, entry(step), after: end, of: base)
        #expect(next > end)
        await #expect(throws: CatalogConflict.outdated) {
            try await second.record(book, since: former, entry(step), after: end, of: base)
        }
        #expect(try await second.journal(of: base).count == 2)
        #expect(try await second.news(of: base).journalEnd == next)
    }

    @Test func `what one router writes, the others hear`() async throws {
        let home = try CatalogHome(.postgres)
        let (first, second) = (try await home.catalog(), try await home.catalog())
        let listener = try #require(second.listener)
        #expect(await listener.wait(atMost: .seconds(5)), "at first there is reason to look")
        #expect(await !listener.wait(atMost: .milliseconds(20)), "and then it is quiet")
        try await first.record(
            RevisionBook(serving: 1), since: nil, entry(RevisionStep(.imported, 1)), of: base)
        #expect(await listener.wait(atMost: .seconds(5)))
        try endSessions(home)
        #expect(await listener.wait(atMost: .seconds(5)), "what was said meanwhile is lost")
        #expect(await listener.wait(atMost: .seconds(5)), "so it looks again when it is back")
        #expect(await !listener.wait(atMost: .milliseconds(20)))
    }
}
