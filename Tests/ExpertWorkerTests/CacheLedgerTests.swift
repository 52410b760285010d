import Checkpoint
import Testing

@testable import ExpertWorker

private func artifact(_ number: Int) -> ArtifactDigest { ArtifactDigest(of: [UInt8(number)]) }

@Suite struct CacheLedgerTests {
    private var ledger = CacheLedger(byteCountMax: 300)

    init() {
        for number in 1...3 { ledger.add(artifact(number), byteCount: 100) }
    }

    @Test mutating func `the longest unused goes first`() {
        ledger.use(artifact(1))
        #expect(ledger.reserve(150, for: artifact(4), inUse: []) == [artifact(2), artifact(3)])
        #expect(ledger.byteCount == 250)
    }

    @Test mutating func `what is in use stays`() {
        #expect(ledger.reserve(100, for: artifact(4), inUse: [artifact(1)]) == [artifact(2)])
    }

    @Test mutating func `what does not fit beside what is in use changes nothing`() {
        let inUse = Set([1, 2].map(artifact))
        #expect(ledger.reserve(101, for: artifact(4), inUse: inUse) == nil)
        #expect(ledger.byteCount == 300)
        #expect(ledger.reserve(100, for: artifact(4), inUse: inUse) == [artifact(3)])
    }

    @Test mutating func `what is being fetched stays until it is over`() {
        #expect(ledger.reserve(300, for: artifact(4), inUse: []) != nil)
        #expect(ledger.reserve(1, for: artifact(5), inUse: []) == nil)
        ledger.grown(artifact(4), byteCount: 120)
        #expect(ledger.reserve(200, for: artifact(5), inUse: []) == [artifact(4)])
    }

    @Test mutating func `a beginning that is there counts once`() {
        #expect(ledger.reserve(100, for: artifact(3), inUse: []) == [])
        #expect(ledger.byteCount == 300)
    }

    @Test mutating func `a fetch that left nothing takes nothing`() {
        _ = ledger.reserve(100, for: artifact(4), inUse: [])
        ledger.grown(artifact(4), byteCount: 0)
        #expect(ledger.byteCount == 200)
    }

    @Test func `a lower limit removes the longest unused at the start`() {
        var ledger = CacheLedger(byteCountMax: 150)
        for number in 1...3 { ledger.add(artifact(number), byteCount: 100) }
        #expect(ledger.trim() == [artifact(1), artifact(2)])
        #expect(ledger.trim() == [])
    }
}

@Suite struct FetchPaceTests {
    @Test func `pieces wait for the time that those before them take`() {
        var pace = FetchPace(bytesPerSecond: 100)
        let start = ContinuousClock.now
        #expect(pace.wait(for: 50, at: start) == .zero)
        #expect(pace.wait(for: 100, at: start) == .milliseconds(500))
        #expect(pace.wait(for: 10, at: start + .milliseconds(500)) == .seconds(1))
        #expect(pace.wait(for: 10, at: start + .seconds(9)) == .zero)
    }

    @Test func `without a limit nothing waits`() {
        var pace = FetchPace(bytesPerSecond: nil)
        let start = ContinuousClock.now
        #expect(pace.wait(for: 1 << 40, at: start) == .zero)
        #expect(pace.wait(for: 1, at: start) == .zero)
    }
}

@Suite struct PieceOrderTests {
    @Test func `pieces cover what is missing and nothing twice`() {
        var order = PieceOrder(from: 30, to: 100, by: 32)
        #expect(
            [order.next(), order.next(), order.next(), order.next()] == [
                30..<62, 62..<94, 94..<100, nil,
            ])
        #expect(order.askedCount == 3)
    }

    @Test func `what comes early waits for what is before it`() {
        var order = PieceOrder(from: 0, to: 5, by: 2)
        while order.next() != nil {}
        #expect(order.arrived([4], at: 4) == [])
        #expect(order.arrived([0, 1], at: 0) == [[0, 1]])
        #expect(order.askedCount == 2)
        #expect(order.arrived([2, 3], at: 2) == [[2, 3], [4]])
        #expect(order.askedCount == 0)
    }
}
