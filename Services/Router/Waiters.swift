/// Tasks that wait inside an actor until something there changes, or until they are told that their
/// time is over.
struct Waiters {
    private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var last: UInt64 = 0

    /// A name for the next one to wait.
    mutating func next() -> UInt64 {
        last += 1
        return last
    }

    mutating func add(_ continuation: CheckedContinuation<Void, Never>, as id: UInt64) {
        waiting[id] = continuation
    }

    mutating func resume(_ id: UInt64) { waiting.removeValue(forKey: id)?.resume() }

    mutating func resumeAll() {
        for continuation in waiting.values { continuation.resume() }
        waiting = [:]
    }
}
