import Checkpoint
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")
private let served = revision(layers: 2, experts: 4)
private let start = ContinuousClock.now

struct FleetStateTests {
    @Test func `a first worker gets everything`() {
        var bench = FleetBench()
        #expect(bench.state.missing(of: served).count == 8)
        bench.join(a)
        _ = bench.settle()
        #expect(bench.state.missing(of: served).isEmpty)
    }

    @Test func `a move never leaves an expert without a live copy`() {
        var bench = FleetBench()
        bench.join(a)
        _ = bench.settle()
        bench.join(b)
        let fewest = bench.settle()
        #expect(fewest == 1)
        #expect(bench.state.live.digests(on: a).count == 4)
        #expect(bench.state.live.digests(on: b).count == 4)
    }

    @Test func `a worker that drains is released when others hold what it had`() {
        var bench = FleetBench()
        bench.join(a)
        bench.join(b)
        _ = bench.settle()
        bench.state.drain(a)
        #expect(!bench.state.isReleased(a))
        let fewest = bench.settle()
        #expect(fewest == 1)
        #expect(bench.state.isReleased(a))
        #expect(bench.state.live.digests(on: b).count == 8)
    }

    @Test func `the last worker is not released while it is needed`() {
        var bench = FleetBench()
        bench.join(a)
        _ = bench.settle()
        bench.state.drain(a)
        let fewest = bench.settle()
        #expect(fewest == 1)
        #expect(!bench.state.isReleased(a))
        #expect(bench.state.immovable(on: a) == served.digests)
    }

    @Test func `what a worker holds when it comes back serves at once`() {
        var bench = FleetBench()
        bench.join(a, resident: served.digests)
        #expect(bench.state.missing(of: served).isEmpty)
        let assignments = bench.state.nextAssignments(at: start)
        #expect(assignments.isEmpty)
    }

    @Test func `what is about to be dropped is not asked for`() {
        var bench = FleetBench()
        bench.join(a, resident: served.digests)
        bench.join(b, resident: served.digests)
        let dropped = bench.state.nextAssignments(at: start).map { assignment in
            served.digests.subtracting(assignment.digests).map { ($0, assignment.worker) }
        }
        for (digest, worker) in dropped.joined() {
            #expect(!bench.state.holders(of: digest).contains(worker))
        }
        #expect(bench.state.missing(of: served).isEmpty)
    }

    @Test func `an artifact that a worker cannot load goes to another, and back to it later`() {
        var bench = FleetBench()
        bench.join(a)
        guard let first = bench.state.nextAssignments(at: start).first else { return }
        bench.state.confirmed(
            first, residentByteCount: 0, failures: [digest(0): "damaged"], at: start)
        #expect(bench.state.missing(of: served).map(\.expert) == [0])
        let now = bench.state.nextAssignments(at: start)
        #expect(now.isEmpty)
        let later = start + FleetState.artifactRetryPause
        _ = bench.state.nextAssignments(at: start + HomelessArtifacts.grace)
        #expect(bench.state.wakesAt == later)
        let then = bench.state.nextAssignments(at: later)
        #expect(then.count == 1)
    }

    @Test func `a worker that refuses is left alone for a while`() {
        var bench = FleetBench()
        bench.join(a)
        for assignment in bench.state.nextAssignments(at: start) {
            bench.state.failed(assignment, because: "busy", at: start)
        }
        let now = bench.state.nextAssignments(at: start)
        let then = bench.state.nextAssignments(at: start + FleetState.workerRetryPause)
        #expect(now.isEmpty)
        #expect(!then.isEmpty)
    }

    @Test func `an answer to an assignment of a former connection changes nothing`() {
        var bench = FleetBench()
        bench.join(a)
        let old = bench.state.nextAssignments(at: start)
        bench.join(a)
        for assignment in old { bench.confirm(assignment) }
        #expect(bench.state.missing(of: served).count == 8)
    }

    @Test func `an artifact larger than a piece of a move is moved alone`() {
        let large = revision(layers: 1, experts: 3, byteCount: FleetState.loadByteCountMax)
        var bench = FleetBench(serving: large)
        bench.join(a, byteCount: 1 << 40)
        let first = bench.state.nextAssignments(at: start)
        #expect(first.map(\.digests.count) == [1])
    }

    @Test func `a candidate is loaded beside what is served`() {
        var bench = FleetBench()
        bench.join(a)
        _ = bench.settle()
        let candidate = revision(2, layers: 2, experts: 4, base: 4)
        bench.state.want([served, candidate])
        #expect(bench.state.missing(of: candidate).count == 4)
        let fewest = bench.settle()
        #expect(fewest == 1)
        #expect(bench.state.missing(of: candidate).isEmpty)
        bench.state.want([candidate])
        _ = bench.settle()
        #expect(bench.state.live.digests(on: a) == candidate.digests)
    }

    @Test func `what nobody holds and nobody can take is homeless when the grace is over`() {
        var bench = FleetBench()
        bench.join(a)
        _ = bench.settle()
        bench.state.leave(a)
        _ = bench.state.nextAssignments(at: start)
        #expect(bench.state.homeless(of: served).isEmpty)
        let graceEnd = start + HomelessArtifacts.grace
        #expect(bench.state.wakesAt == graceEnd)
        bench.join(b, byteCount: 30)  // Another worker's coming gives no new grace.
        _ = bench.state.nextAssignments(at: start + .seconds(1))
        _ = bench.state.nextAssignments(at: graceEnd)
        #expect(bench.state.homeless(of: served).count == 5)
        #expect(bench.state.missing(of: served).count == 8, "three are on their way")
        #expect(bench.state.wakesAt == nil)
        bench.join(a)
        _ = bench.state.nextAssignments(at: graceEnd)
        #expect(bench.state.homeless(of: served).isEmpty)
    }

    @Test func `whoever comes back within the grace begins a new one`() {
        var homeless = HomelessArtifacts()
        homeless.update([digest(0)], at: start)
        homeless.update([], at: start + .seconds(9))
        homeless.update([digest(0)], at: start + .seconds(11))
        #expect(homeless.digests.isEmpty)
        #expect(homeless.wakesAt == start + .seconds(11) + HomelessArtifacts.grace)
    }

    @Test func `replicas of another numeric class are asked only when there is no other`() {
        var bench = FleetBench(replicas: 2)
        bench.join(a, numericClass: "there")
        _ = bench.settle()
        #expect(bench.state.holders(of: digest(0)) == [a])
        bench.join(b)
        _ = bench.settle()
        #expect(bench.state.holders(of: digest(0)) == [b])
    }
}
