import Checkpoint
import Model
import Testing

@testable import Router

private let a = WorkerID(name: "a")
private let b = WorkerID(name: "b")
private let served = revision(layers: 1, experts: 2)
private let start = ContinuousClock.now

private struct Refused: Error {}

/// One layer's work, driven by hand.
private struct Bench {
    var work: LayerDispatch
    var health = FleetHealth()
    var holders: [WorkerID] = [a, b]

    init(_ routings: Routing...) {
        let spans = [RevisionSpan(rows: routings.indices, revision: served)]
        work = LayerDispatch(ExpertRows.grouping(routings, of: spans, layer: 0))
    }

    mutating func calls(after time: Duration = .zero) -> [LayerDispatch.Call] {
        work.nextCalls(at: start + time, holders: { _ in holders }, health: &health)
    }

    mutating func fail(
        _ call: LayerDispatch.Call, because error: any Error = Refused(),
        after time: Duration = .zero
    ) {
        work.failed(call.id, because: error, at: start + time, health: &health)
    }

    mutating func answer(_ call: LayerDispatch.Call, after time: Duration = .zero) -> WorkerShare? {
        work.answered(call.id, at: start + time, health: &health)
    }
}

struct LayerDispatchTests {
    @Test func `nobody is asked twice for the same at the same time`() {
        var bench = Bench(routing(0, 1), routing(1))
        let (first, second) = (bench.calls(), bench.calls())
        #expect(first.count == 2)
        #expect(second.isEmpty)
    }

    @Test func `a worker that failed is not asked again for the same expert`() {
        var bench = Bench(routing(0, 1), routing(1))
        let first = bench.calls()
        for call in first where call.share.worker == a { bench.fail(call) }
        let retries = bench.calls()
        #expect(retries.map(\.share.worker) == [b])
        #expect(retries.map(\.reason) == [.retry])
    }

    @Test func `when all replicas failed there is a pause, and then all are asked again`() {
        var bench = Bench(routing(0))
        bench.holders = [a]
        bench.fail(bench.calls()[0])
        let during = bench.calls()
        #expect(during.isEmpty)
        #expect(bench.work.isPaused)
        #expect(bench.work.wakesAt == start + LayerDispatch.retryPause)
        let after = bench.calls(after: LayerDispatch.retryPause)
        #expect(after.map(\.share.worker) == [a])
    }

    @Test func `a change of the placement ends the pause`() {
        var bench = Bench(routing(0))
        bench.holders = []
        let before = bench.calls()
        #expect(before.isEmpty)
        bench.holders = [b]
        let after = bench.calls()
        #expect(after.map(\.share.worker) == [b])
        #expect(!bench.work.isPaused)
    }

    @Test func `what is answered is not outstanding and its worker is known`() {
        var bench = Bench(routing(0, 1))
        for call in bench.calls() {
            let share = bench.answer(call)
            #expect(share == call.share)
        }
        #expect(bench.work.isFinished)
        #expect(Set(bench.work.workers.values) == [a, b])
    }

    @Test func `a slow worker is hedged, and the first answer alone counts`() {
        var bench = Bench(routing(0))
        let slow = bench.calls()[0]
        let late = WorkerHealth.hedgeDelayUnknown
        #expect(bench.work.wakesAt == start + late)
        let hedge = bench.calls(after: late)
        #expect(hedge.map(\.reason) == [.hedge])
        #expect(hedge[0].share.worker != slow.share.worker)
        let (first, second) = (bench.answer(hedge[0], after: late), bench.answer(slow, after: late))
        #expect(first != nil)
        #expect(second == nil)
        #expect(bench.work.isFinished)
    }

    @Test func `a worker is not to blame when the request itself is over`() {
        let cases: [(any Error, usable: [WorkerID])] = [
            (Refused(), [b]), (ExchangeFailure.requestOver, [a, b]),
        ]
        for (error, usable) in cases {
            var bench = Bench(routing(0))
            bench.holders = [a]
            for turn in 0..<WorkerHealth.failureCountMax {
                let time = LayerDispatch.retryPause * turn
                bench.fail(bench.calls(after: time)[0], because: error, after: time)
            }
            #expect(bench.health.usable([a, b], at: start + .milliseconds(200)) == usable)
        }
    }

    @Test func `an only copy is not hedged`() {
        var bench = Bench(routing(0))
        bench.holders = [a]
        _ = bench.calls()
        #expect(bench.work.wakesAt == nil)
    }
}

struct FleetHealthTests {
    @Test func `three failures in a row eject, and longer each time`() {
        var health = WorkerHealth()
        for _ in 0..<3 { health.failed(at: start) }
        #expect(health.isEjected(at: start + .milliseconds(999)))
        #expect(!health.isEjected(at: start + .seconds(1)))
        for _ in 0..<3 { health.failed(at: start) }
        #expect(health.isEjected(at: start + .milliseconds(1999)))
    }

    @Test func `an answer in between clears the record`() {
        var health = WorkerHealth()
        for _ in 0..<2 { health.failed(at: start) }
        health.succeeded(after: .milliseconds(1), rowLoad: 1)
        health.failed(at: start)
        #expect(!health.isEjected(at: start))
    }

    @Test func `when more than half would be ejected all are asked`() {
        var health = FleetHealth()
        for worker in [a, b] { for _ in 0..<3 { health.failed(worker, at: start) } }
        #expect(health.usable([a, b], at: start) == [a, b])
    }

    @Test func `the hedge delay follows exchanges of the same size`() {
        var health = WorkerHealth()
        for _ in 0..<LatencyWindow.countMin {
            health.succeeded(after: .milliseconds(30), rowLoad: 5)
        }
        #expect(health.hedgeDelay(rowLoad: 6) == .milliseconds(60))
        #expect(health.hedgeDelay(rowLoad: 500) == WorkerHealth.hedgeDelayUnknown)
    }

    @Test func `hedges are at most a fifth of the exchanges, after the first three`() {
        var budget = HedgeBudget()
        let first = (0..<4).map { _ in budget.spend() }
        for _ in 0..<5 { budget.earn() }
        let later = (0..<2).map { _ in budget.spend() }
        #expect(first == [true, true, true, false])
        #expect(later == [true, false])
    }
}
