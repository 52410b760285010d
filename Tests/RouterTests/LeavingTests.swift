import Checkpoint
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")
private let served = revision(layers: 2, experts: 4)

/// A worker that drains, as `FleetState` sees it.
struct LeavingTests {
    /// `a` has drained, and `b` holds everything.
    private static func drained() -> FleetBench {
        var bench = FleetBench()
        bench.join(a)
        bench.join(b)
        _ = bench.settle()
        bench.state.drain(a)
        _ = bench.settle()
        return bench
    }

    @Test func `a worker that drains keeps what the others have no room for`() {
        var bench = FleetBench()
        bench.join(a)
        bench.join(b, byteCount: 30)
        _ = bench.settle()
        bench.state.drain(a)
        let fewest = bench.settle()
        #expect(fewest == 1)
        let immovable = bench.state.immovable(on: a)
        #expect(immovable.count == 5)
        #expect(immovable == bench.state.live.digests(on: a))
        #expect(bench.state.experts(computedBy: immovable).count == 5)
    }

    @Test func `an expert that loses its home goes back to a worker that drains`() {
        var bench = Self.drained()
        bench.state.leave(b)
        _ = bench.settle()
        #expect(bench.state.missing(of: served).isEmpty)
        bench.join(b)
        _ = bench.settle()
        #expect(bench.state.isReleased(a))
    }

    @Test func `a worker whose drain is taken back takes its part again`() {
        var bench = Self.drained()
        bench.state.takeBack(a)
        _ = bench.settle()
        #expect(bench.state.live.digests(on: a).count == 4)
        #expect(!bench.state.isReleased(a))
    }

    @Test func `what others hold, too, and what nobody asks for is not needed of a worker`() {
        var bench = FleetBench(replicas: 2)
        bench.join(a, resident: served.digests.union([digest(99)]))
        #expect(bench.state.onlyCopies(on: a) == served.digests)
        bench.join(b)
        _ = bench.settle()
        #expect(bench.state.onlyCopies(on: a).isEmpty)
        bench.state.leave(b)
        #expect(bench.state.onlyCopies(on: a) == served.digests)
    }

    @Test func `what went with a worker is lost unless others hold it`() {
        var bench = FleetBench(replicas: 2)
        bench.join(a)
        bench.join(b, byteCount: 30)
        _ = bench.settle()
        let held = bench.state.live.digests(on: a).union([digest(99)])
        bench.state.leave(a)
        #expect(bench.state.lost(of: held).count == 5)
    }
}
