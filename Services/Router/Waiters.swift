internal import Transport

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

/// An actor in which tasks wait until something has changed; it resumes all of them when it has.
protocol ChangeWaiting: LoopBound {
    var waiters: Waiters { get set }
}

extension ChangeWaiting {
    /// Returns when something has changed, `limit` has passed, or the calling task is cancelled.
    func waitForChange(atMost limit: Duration) async {
        let id = waiters.next()
        let timer = Task(executorPreference: loop) {
            try await Task.sleep(for: limit)
            await self.resumeWaiter(id)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiters.add($0, as: id) }
        } onCancel: {
            Task(executorPreference: loop) { await self.resumeWaiter(id) }
        }
        timer.cancel()
    }

    private func resumeWaiter(_ id: UInt64) { waiters.resume(id) }
}
