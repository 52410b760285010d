import Checkpoint
import Testing

@testable import Router

private func targets(_ names: String..., byteCount: Int = 1_000) -> [PlacementTarget] {
    names.map { target($0, byteCount: byteCount) }
}

private func target(_ name: String, byteCount: Int = 1_000, host: String = "") -> PlacementTarget {
    PlacementTarget(
        worker: WorkerID(name: name), byteCount: byteCount, host: host, refused: [])
}

private func demand(layers: Int, experts: Int) -> PlacementDemand {
    PlacementDemand([revision(layers: layers, experts: experts)])
}

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")

struct PlacementTests {
    @Test func `one worker holds everything once`() {
        let placement = PlacementPlanner(replicaCount: 2)
            .plan(demand(layers: 3, experts: 4), on: targets("a"), current: Placement())
        #expect(placement.digests(on: a).count == 12)
    }

    @Test(arguments: 1...5) func `every layer is spread evenly`(workerCount: Int) {
        let names = (0..<workerCount).map { "w\($0)" }
        let served = revision(layers: 4, experts: 16)
        let placement = PlacementPlanner(replicaCount: 1).plan(
            PlacementDemand([served]), on: names.map { target($0) }, current: Placement())
        for layer in served.experts {
            let counts = names.map { name in
                layer.count {
                    placement.workers(holding: $0.digest) == [WorkerID(name: name)]
                }
            }
            #expect(counts.reduce(0, +) == 16)
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        }
    }

    @Test func `two copies live on two workers`() {
        let placement = PlacementPlanner(replicaCount: 2)
            .plan(demand(layers: 2, experts: 3), on: targets("a", "b", "c"), current: Placement())
        for (_, holders) in placement.holders { #expect(Set(holders).count == 2) }
    }

    @Test func `two copies live on two hosts where there are two`() {
        let fleet = [
            target("a", host: "one"), target("b", host: "one"), target("c", host: "two"),
        ]
        let placement = PlacementPlanner(replicaCount: 2)
            .plan(demand(layers: 2, experts: 3), on: fleet, current: Placement())
        for (_, holders) in placement.holders { #expect(holders.contains(WorkerID(name: "c"))) }
    }

    @Test func `first copies come before second copies when memory is short`() {
        let placement = PlacementPlanner(replicaCount: 2).plan(
            demand(layers: 1, experts: 4), on: targets("a", "b", byteCount: 30),
            current: Placement())
        #expect(placement.holders.count == 4)
        #expect(placement.holders.values.map(\.count).reduce(0, +) == 6)
    }

    @Test func `what fits nowhere is missing`() {
        let placement = PlacementPlanner(replicaCount: 1).plan(
            demand(layers: 1, experts: 4), on: targets("a", byteCount: 25), current: Placement())
        #expect(placement.holders.count == 2)
    }

    @Test func `an unchanged fleet keeps its placement`() {
        let planner = PlacementPlanner(replicaCount: 2)
        let demand = demand(layers: 3, experts: 8)
        let first = planner.plan(demand, on: targets("a", "b", "c"), current: Placement())
        #expect(planner.plan(demand, on: targets("a", "b", "c"), current: first) == first)
    }

    @Test func `a newcomer takes its share and the others keep theirs`() {
        let planner = PlacementPlanner(replicaCount: 1)
        let demand = demand(layers: 2, experts: 8)
        let before = planner.plan(demand, on: targets("a"), current: Placement())
        let after = planner.plan(demand, on: targets("a", "b"), current: before)
        #expect(after.digests(on: a).count == 8)
        #expect(after.digests(on: b).count == 8)
    }

    @Test func `what a worker could not load goes to another`() {
        let refusing = PlacementTarget(
            worker: a, byteCount: 1_000, host: "", refused: [digest(0)])
        let placement = PlacementPlanner(replicaCount: 1).plan(
            demand(layers: 1, experts: 1), on: [refusing, target("b")], current: Placement())
        #expect(placement.workers(holding: digest(0)) == [b])
    }

    @Test func `revisions that share artifacts ask for them once`() {
        let first = revision(1, layers: 1, experts: 4)
        let second = revision(2, layers: 1, experts: 4, base: 2)
        #expect(PlacementDemand([first, second]).artifacts.map(\.digest) == (0..<6).map(digest))
    }

    @Test func `a candidate takes no place of what is served`() {
        let served = revision(1, layers: 2, experts: 4)
        let candidate = revision(2, layers: 2, experts: 4, base: 100)
        let placement = PlacementPlanner(replicaCount: 1).plan(
            PlacementDemand([served, candidate]), on: targets("a", "b", byteCount: 45),
            current: Placement())
        #expect(Set(placement.holders.keys) == served.digests)
    }

    @Test func `a worker that leaves takes its copies with it`() {
        var placement = Placement()
        placement.add(a, to: digest(1))
        placement.add(b, to: digest(1))
        placement.remove(a)
        #expect(placement.workers(holding: digest(1)) == [b])
        placement.remove(b)
        #expect(placement.holders.isEmpty)
    }
}
