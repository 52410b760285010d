import Testing

@testable import Router

private func workers(_ names: String..., byteCount: Int = 1_000) -> [WorkerCapacity] {
    names.map { WorkerCapacity(worker: WorkerID(name: $0), byteCount: byteCount) }
}

private func planner(layers: Int, experts: Int, replicas: Int) -> PlacementPlanner {
    let all = (0..<layers).flatMap { layer in
        (0..<experts).map { ExpertID(layer: layer, expert: $0) }
    }
    return PlacementPlanner(
        expertByteCounts: Dictionary(uniqueKeysWithValues: all.map { ($0, 10) }),
        replicaCount: replicas)
}

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")

struct PlacementTests {
    @Test func `one worker holds everything once`() {
        let placement = planner(layers: 3, experts: 4, replicas: 2)
            .plan(on: workers("a"), current: Placement())
        #expect(placement.experts(on: a).count == 12)
    }

    @Test(arguments: 1...5) func `every layer is spread evenly`(workerCount: Int) {
        let names = (0..<workerCount).map { WorkerID(name: "w\($0)") }
        let placement = planner(layers: 4, experts: 16, replicas: 1).plan(
            on: names.map { WorkerCapacity(worker: $0, byteCount: 10_000) }, current: Placement())
        for layer in 0..<4 {
            let counts = names.map { name in
                placement.experts(on: name).count { $0.layer == layer }
            }
            #expect(counts.reduce(0, +) == 16)
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        }
    }

    @Test func `two copies live on two workers`() {
        let placement = planner(layers: 2, experts: 3, replicas: 2)
            .plan(on: workers("a", "b", "c"), current: Placement())
        for (_, holders) in placement.holders { #expect(Set(holders).count == 2) }
    }

    @Test func `first copies come before second copies when memory is short`() {
        let placement = planner(layers: 1, experts: 4, replicas: 2)
            .plan(on: workers("a", "b", byteCount: 30), current: Placement())
        #expect(placement.holders.count == 4)
        #expect(placement.holders.values.map(\.count).reduce(0, +) == 6)
    }

    @Test func `what fits nowhere is missing`() {
        let placement = planner(layers: 1, experts: 4, replicas: 1)
            .plan(on: workers("a", byteCount: 25), current: Placement())
        #expect(placement.holders.count == 2)
    }

    @Test func `an unchanged fleet keeps its placement`() {
        let planner = planner(layers: 3, experts: 8, replicas: 2)
        let first = planner.plan(on: workers("a", "b", "c"), current: Placement())
        #expect(planner.plan(on: workers("a", "b", "c"), current: first) == first)
    }

    @Test func `a newcomer takes its share and the others keep theirs`() {
        let planner = planner(layers: 2, experts: 8, replicas: 1)
        let before = planner.plan(on: workers("a"), current: Placement())
        let after = planner.plan(on: workers("a", "b"), current: before)
        #expect(after.experts(on: a).count == 8)
        #expect(after.experts(on: b).count == 8)
    }

    @Test func `a worker that leaves takes its copies with it`() {
        var placement = Placement()
        let expert = ExpertID(layer: 0, expert: 1)
        placement.add(a, to: expert)
        placement.add(b, to: expert)
        placement.remove(a)
        #expect(placement.workers(holding: expert) == [b])
        placement.remove(b)
        #expect(placement.holders.isEmpty)
    }
}
