import Model
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")
private let served = revision(layers: 1, experts: 8)

private func groups(_ routings: [Routing]) -> [ExpertRows] {
    let spans = [RevisionSpan(rows: routings.indices, revision: served)]
    return ExpertRows.grouping(routings, of: spans, layer: 0)
}

struct ExpertRowsTests {
    @Test func `choices are grouped by expert with rows and weights`() {
        let groups = groups([routing(2, 0), routing(2)])
        #expect(groups.map(\.key.expert) == [0, 2])
        #expect(groups[1].rows == [0, 1])
        #expect(groups[1].weights == [0.5, 1])
    }

    @Test func `two revisions share a group exactly where they share the artifact`() {
        var edited = served.experts
        edited[0][1] = ExpertArtifact(digest: digest(99), byteCount: 10)
        let next = Revision(number: 2, experts: edited, gates: [:])
        let spans = [
            RevisionSpan(rows: 0..<1, revision: served), RevisionSpan(rows: 1..<2, revision: next),
        ]
        let groups = ExpertRows.grouping([routing(0, 1), routing(0, 1)], of: spans, layer: 0)
        #expect(groups.map(\.key.expert) == [0, 1, 1])
        #expect(groups.map(\.rows) == [[0, 1], [0], [1]])
        #expect(groups[2].key.digest == digest(99))
    }
}

struct DispatchPlanTests {
    @Test func `a row goes once to a worker that holds two of its experts`() {
        let plan = DispatchPlan(groups([routing(0, 1)])) { _ in [a] }
        #expect(plan.shares.count == 1)
        #expect(plan.shares[0].rows == [0])
        #expect(plan.shares[0].rowLoad == 2)
    }

    @Test func `replicas share the rows so that the busiest does least`() {
        let plan = DispatchPlan(groups((0..<8).map { routing($0 % 4, 4) })) { _ in [a, b] }
        #expect(plan.shares.map(\.rowLoad) == [8, 8])
    }

    @Test func `an expert without a worker is missing by name`() {
        let plan = DispatchPlan(groups([routing(3, 5)])) { $0.expert == 3 ? [a] : [] }
        #expect(plan.missing.map(\.expert) == [5])
    }
}
