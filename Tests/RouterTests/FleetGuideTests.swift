import Checkpoint
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")
private let served = revision(layers: 1, experts: 4)
private let now = ContinuousClock.now

/// A router that follows the plan of the one that leads.
struct FleetGuideTests {
    /// Two workers that have room for everything and hold nothing.
    private func fleet(_ workers: [WorkerID] = [a, b]) -> FleetState {
        var state = FleetState(
            planner: PlacementPlanner(replicaCount: 1), numericClass: "here", serving: served)
        for worker in workers {
            state.join(
                worker, capacityByteCount: 1_000, host: "", numericClass: "here", resident: [])
        }
        return state
    }

    /// Everything on one worker: no planner would.
    private func allOn(_ worker: WorkerID) -> Placement {
        var plan = Placement()
        plan.set(worker, to: served.digests)
        return plan
    }

    @Test func `the leader's plan is asked of the workers as it is`() {
        var state = fleet()
        let isNew = state.follow(allOn(b))
        #expect(isNew)
        let assignments = state.nextAssignments(at: now)
        #expect(assignments.map(\.worker) == [b])
        #expect(assignments.first?.digests == served.digests)
        let isNewAgain = state.follow(allOn(b))
        #expect(!isNewAgain, "nothing new")
    }

    @Test func `a plan that leaves something without a place is not followed`() {
        var state = fleet([a])
        _ = state.follow(allOn(b))
        let asked = state.nextAssignments(at: now)
        #expect(asked.first?.worker == a)
        var other = fleet()
        _ = other.follow(Placement())
        let askedToo = other.nextAssignments(at: now)
        #expect(Set(askedToo.map(\.worker)) == [a, b])
    }

    @Test func `what only requests here still run on stays where it is`() {
        var state = fleet()
        let old = revision(7, layers: 1, experts: 2, base: 100)
        state.leave(a)
        state.join(
            a, capacityByteCount: 1_000, host: "", numericClass: "here", resident: old.digests)
        state.want([served, old])
        _ = state.follow(allOn(b))
        let asked = state.nextAssignments(at: now)
        #expect(asked.map(\.worker) == [b])
        #expect(state.live.digests(on: a) == old.digests)
    }

    @Test func `what a worker could not load is not asked of it again and again`() throws {
        var state = fleet()
        _ = state.follow(allOn(b))
        let assignment = try #require(state.nextAssignments(at: now).first)
        let broken = try #require(served.digests.first)
        state.confirmed(
            assignment, residentByteCount: 30, failures: [broken: "damaged"], at: now)
        let next = state.nextAssignments(at: now)
        #expect(!next.contains { $0.worker == b && $0.digests.contains(broken) })
        #expect(next.contains { $0.worker == a && $0.digests.contains(broken) })
    }

    @Test func `a worker that leaves is planned around`() {
        var state = fleet()
        _ = state.follow(allOn(b))
        state.drain(b)
        let asked = state.nextAssignments(at: now)
        #expect(asked.map(\.worker) == [a])
    }

    @Test func `without a leader's plan each router plans for itself`() {
        var state = fleet()
        _ = state.follow(allOn(b))
        _ = state.follow(nil)
        let asked = state.nextAssignments(at: now)
        #expect(Set(asked.map(\.worker)) == [a, b])
    }
}
