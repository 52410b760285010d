import Model
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")

private func routing(_ experts: Int...) -> Routing {
    Routing(choices: experts.map { Routing.Choice(expert: $0, weight: 1 / Float(experts.count)) })
}

struct DispatchPlanTests {
    @Test func `choices are grouped by expert with rows and weights`() {
        let groups = ExpertRows.grouping([routing(2, 0), routing(2)])
        #expect(groups.map(\.expert) == [0, 2])
        #expect(groups[1].rows == [0, 1])
        #expect(groups[1].weights == [0.5, 1])
    }

    @Test func `a row goes once to a worker that holds two of its experts`() {
        let plan = DispatchPlan(ExpertRows.grouping([routing(0, 1)])) { _ in [a] }
        #expect(plan.shares.count == 1)
        #expect(plan.shares[0].rows == [0])
        #expect(plan.shares[0].rowLoad == 2)
    }

    @Test func `replicas share the rows so that the busiest does least`() {
        let routings = (0..<8).map { routing($0 % 4, 4) }
        let plan = DispatchPlan(ExpertRows.grouping(routings)) { _ in [a, b] }
        #expect(plan.shares.map(\.rowLoad) == [8, 8])
    }

    @Test func `an expert without a worker is missing by name`() {
        let plan = DispatchPlan(ExpertRows.grouping([routing(3, 5)])) { $0 == 3 ? [a] : [] }
        #expect(plan.missing == [5])
    }
}

private struct Refused: Error {}

struct LayerDispatchTests {
    private let experts = ExpertRows.grouping([routing(0, 1), routing(1)])

    @Test func `a worker that failed is not asked again for the same expert`() {
        var work = LayerDispatch(experts)
        let first = work.plan { _ in [a, b] }
        for share in first.shares where share.worker == a { work.failed(share, because: Refused()) }
        for share in first.shares where share.worker == b { work.succeeded(share) }
        #expect(work.plan { _ in [a, b] }.shares.map(\.worker) == [b])
    }

    @Test func `when all replicas failed the expert is missing until it is forgiven`() {
        var work = LayerDispatch(experts)
        for share in work.plan(holders: { _ in [a] }).shares {
            work.failed(share, because: Refused())
        }
        #expect(work.plan { _ in [a] }.missing == [0, 1])
        work.forgive([0, 1])
        #expect(work.plan { _ in [a] }.missing.isEmpty)
    }

    @Test func `what is answered is not outstanding and its worker is known`() {
        var work = LayerDispatch(experts)
        for share in work.plan(holders: { _ in [a] }).shares { work.succeeded(share) }
        #expect(work.outstanding.isEmpty)
        #expect(work.workers == [0: a, 1: a])
    }

    @Test func `a loss names the rows that need the expert`() {
        #expect(LayerDispatch(experts).rows(needing: [0]) == [0])
        #expect(LayerDispatch(experts).rows(needing: [1]) == [0, 1])
    }
}
