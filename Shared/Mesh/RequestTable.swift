/// The requests in flight in one direction of a connection. It decides, `Peer` acts.
struct RequestTable<Waiter> {
    private let countMax: Int
    private var entries: [UInt32: (waiter: Waiter, deadline: Deadline)] = [:]
    private var lastID: UInt32

    init(countMax: Int, lastID: UInt32 = 0) {
        self.countMax = countMax
        self.lastID = lastID
    }

    var count: Int { entries.count }
    var isFull: Bool { entries.count >= countMax }

    func contains(_ id: UInt32) -> Bool { entries[id] != nil }

    /// A number that no request in flight bears. Zero belongs to frames that are no request.
    mutating func makeID() -> UInt32 {
        repeat {
            lastID &+= 1
        } while lastID == 0 || entries[lastID] != nil
        return lastID
    }

    /// - Precondition: `id` is not in flight, and the table not full.
    mutating func open(_ id: UInt32, _ waiter: Waiter, deadline: Deadline) {
        precondition(!isFull)
        let previous = entries.updateValue((waiter, deadline), forKey: id)
        precondition(previous == nil)
    }

    /// The waiter, which stays in flight: a stream has more to come.
    func waiter(of id: UInt32) -> Waiter? { entries[id]?.waiter }

    /// The waiter of an answer that has just arrived, or nil when it came too late to matter.
    mutating func close(_ id: UInt32) -> Waiter? { entries.removeValue(forKey: id)?.waiter }

    /// Those whose time is up.
    mutating func closeExpired(at now: ContinuousClock.Instant) -> [(id: UInt32, waiter: Waiter)] {
        let expired = entries.filter { $0.value.deadline.remaining(at: now) <= .zero }
        for id in expired.keys { entries.removeValue(forKey: id) }
        return expired.map { ($0.key, $0.value.waiter) }
    }

    mutating func closeAll() -> [Waiter] {
        defer { entries.removeAll() }
        return entries.values.map(\.waiter)
    }

    var earliestDeadline: Deadline? { entries.values.lazy.map(\.deadline).min() }
}
