import JSON
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")
private let c = WorkerID(name: "c")

private func placement(_ holders: [WorkerID: [Int]]) -> Placement {
    var placement = Placement()
    for (worker, numbers) in holders { placement.set(worker, to: Set(numbers.map(digest))) }
    return placement
}

struct PlacementDiffTests {
    @Test func `a plan that changes nothing moves nothing`() {
        let live = placement([a: [0, 1], b: [1, 2]])
        #expect(PlacementDiff(from: live, to: live).moves.isEmpty)
    }

    @Test func `each artifact that moves is named once, with who loads and who drops it`() {
        let diff = PlacementDiff(
            from: placement([a: [0, 1], b: [2]]), to: placement([b: [0, 2], c: [1, 2]]))
        #expect(diff.moves.map(\.digest) == [0, 1, 2].map(digest).sorted())
        let moves = Dictionary(uniqueKeysWithValues: diff.moves.map { ($0.digest, $0) })
        #expect(moves[digest(0)] == .init(digest: digest(0), loads: [b], drops: [a]))
        #expect(moves[digest(1)] == .init(digest: digest(1), loads: [c], drops: [a]))
        #expect(moves[digest(2)] == .init(digest: digest(2), loads: [c], drops: []))
        #expect((diff.loads(of: c), diff.drops(of: a), diff.drops(of: c)) == (2, 2, 0))
    }

    @Test func `experts that would be nowhere are told, and the fewest copies`() {
        let served = revision(layers: 2, experts: 2)
        let all = PlacementDiff(
            from: Placement(), to: placement([a: [0, 1, 2, 3], b: [0, 1, 2]]))
        #expect(all.homeless(of: served).isEmpty)
        #expect(all.fewestCopies(of: served) == 1)
        let some = PlacementDiff(from: Placement(), to: placement([a: [0, 3]]))
        #expect(
            some.homeless(of: served)
                == [ExpertID(layer: 0, expert: 1), ExpertID(layer: 1, expert: 0)])
        #expect(some.fewestCopies(of: served) == 0)
    }

    @Test func `a preview without a worker tells what the others would hold`() {
        var state = FleetState(
            planner: PlacementPlanner(replicaCount: 2), numericClass: "k",
            serving: revision(layers: 2, experts: 2, byteCount: 10))
        for (worker, numbers) in [(a, [0, 1, 2, 3]), (b, [0, 1])] {
            state.join(
                worker, capacityByteCount: 1000, host: worker.name, numericClass: "k",
                resident: Set(numbers.map(digest)))
        }
        let planned = state.preview(without: a, replicaCount: nil)
        let json = PlacementDiff(from: state.live, to: planned).json(state)
        #expect(json["homelessCount"]?.integer == 0)
        #expect(json["fewestCopies"]?.integer == 1)
        #expect(json["moveCount"]?.integer == 4)
        let workers = json["workers"]?.array ?? []
        #expect(workers.map { $0["name"]?.string } == ["a", "b"])
        #expect(workers.map { $0["holdsBytes"]?.integer } == [40, 20])
        #expect(workers.map { $0["wouldHoldBytes"]?.integer } == [0, 40])
        #expect(workers.map { $0["loads"]?.integer } == [0, 2])
        #expect(workers.map { $0["drops"]?.integer } == [4, 0])
        #expect(json["moves"]?[0]?["layer"]?.integer != nil)
    }
}
