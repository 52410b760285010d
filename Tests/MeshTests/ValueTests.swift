import Testing
import Wire

@testable import Mesh

@Suite struct RequestTableTests {
    static let now = ContinuousClock.now

    static func deadline(_ seconds: Int) -> Deadline { Deadline(instant: now + .seconds(seconds)) }

    @Test func `an answer finds its waiter once`() {
        var table = RequestTable<String>(countMax: 2)
        let id = table.makeID()
        table.open(id, "waiter", deadline: Self.deadline(1))
        #expect(table.waiter(of: id) == "waiter")
        #expect(table.close(id) == "waiter")
        #expect(table.close(id) == nil)
        #expect(table.count == 0)
    }

    @Test func `it is full at its maximum`() {
        var table = RequestTable<Int>(countMax: 2)
        for index in 0..<2 { table.open(table.makeID(), index, deadline: Self.deadline(1)) }
        #expect(table.isFull)
    }

    @Test func `numbers wrap around past zero and past those in flight`() {
        var table = RequestTable<Int>(countMax: 10, lastID: .max - 1)
        table.open(1, 0, deadline: Self.deadline(1))
        #expect(table.makeID() == .max)
        #expect(table.makeID() == 2)
    }

    @Test func `those whose time is up are closed, the next deadline is known`() {
        var table = RequestTable<Int>(countMax: 10)
        for seconds in [5, 1, 3] {
            table.open(table.makeID(), seconds, deadline: Self.deadline(seconds))
        }
        #expect(table.earliestDeadline == Self.deadline(1))
        let expired = table.closeExpired(at: Self.now + .seconds(3))
        #expect(expired.map(\.waiter).sorted() == [1, 3])
        #expect(table.earliestDeadline == Self.deadline(5))
        #expect(table.closeAll() == [5])
        #expect(table.earliestDeadline == nil)
    }
}

@Suite struct DeadlineTests {
    static let now = ContinuousClock.now

    @Test(arguments: [
        (Duration.milliseconds(5), UInt32(5)), (.microseconds(5001), 6), (.nanoseconds(1), 1),
        (.seconds(100 * 365 * 86400), .max), (.seconds(Int64.max / 2), .max),
    ])
    func `a frame says the milliseconds left, rounded up`(left: Duration, milliseconds: UInt32) {
        #expect(Deadline(instant: Self.now + left).milliseconds(at: Self.now) == milliseconds)
    }

    @Test(arguments: [Duration.zero, .milliseconds(-1), .seconds(-100)])
    func `nothing left is nothing to send`(left: Duration) {
        #expect(Deadline(instant: Self.now + left).milliseconds(at: Self.now) == nil)
    }
}

@Suite struct BackoffTests {
    @Test func `waits double up to the maximum, each jittered by half at most`() {
        var backoff = Backoff(first: .milliseconds(100), max: .milliseconds(500))
        for ceiling in [100, 200, 400, 500, 500] {
            let wait = backoff.next()
            #expect(wait >= .milliseconds(ceiling / 2) && wait <= .milliseconds(ceiling))
        }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(100))
    }
}

@Suite struct HeartbeatTests {
    static let start = ContinuousClock.now

    /// Ticks every `interval` milliseconds from the start; `bytes` are the totals seen at each.
    static func verdicts(_ bytes: [UInt64], at moments: [Int]? = nil) -> [Heartbeat.Verdict] {
        var heartbeat = Heartbeat(MeshLimits(), at: start)
        let moments = moments ?? (1...bytes.count).map { $0 * 200 }
        return zip(bytes, moments).map { bytes, moment in
            heartbeat.tick(at: start + .milliseconds(moment), receivedByteCount: bytes)
        }
    }

    @Test func `a peer that talks is not asked`() {
        #expect(Self.verdicts([1, 2, 3]) == [.alive, .alive, .alive])
    }

    @Test func `a silent peer is asked, and dead after a second`() {
        #expect(Self.verdicts([1, 1, 1, 1, 1, 1]) == [.alive, .ask, .ask, .ask, .ask, .dead])
    }

    @Test func `one sign of life is enough`() {
        #expect(Self.verdicts([1, 1, 1, 1, 2, 2]) == [.alive, .ask, .ask, .ask, .alive, .ask])
    }

    @Test func `time that we slept through does not count against the peer`() {
        #expect(
            Self.verdicts([1, 1, 1, 1], at: [200, 400, 60_000, 60_200]) == [
                .alive, .ask, .ask, .ask,
            ])
    }
}

@Suite struct AdmissionLimitTests {
    static func admit(
        _ admission: inout AdmissionLimit, bytes: Int = 1, inFlight: Int = 0, pending: Int = 0
    ) -> FaultCode? {
        admission.admit(byteCount: bytes, inFlightCount: inFlight, pendingByteCount: pending)?.code
    }

    @Test func `each maximum refuses as overloaded, draining refuses everything`() {
        var limits = MeshLimits()
        limits.inFlightCountMax = 2
        limits.inFlightByteCountMax = 100
        limits.pendingByteCountHigh = 50
        var admission = AdmissionLimit(limits)
        #expect(Self.admit(&admission, bytes: 60, inFlight: 1, pending: 50) == nil)
        #expect(Self.admit(&admission, inFlight: 2) == .overloaded)
        #expect(Self.admit(&admission, bytes: 41) == .overloaded)
        #expect(Self.admit(&admission, pending: 51) == .overloaded)
        admission.leave(byteCount: 60)
        #expect(Self.admit(&admission, bytes: 100) == nil)
        admission.isDraining = true
        #expect(Self.admit(&admission) == .draining)
    }
}
