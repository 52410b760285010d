/// The processes that one is connected to, by the number that each has chosen for itself. A process
/// with several addresses is so connected to once.
public actor KnownProcesses {
    private var connected: Set<UInt64> = []
    private var waiters:
        [UInt32: (instance: UInt64, continuation: CheckedContinuation<Void, Never>)] = [:]
    private var lastWaiter: UInt32 = 0

    public init() {}

    /// False when there is a connection already. A process that says no number is never known.
    func enter(_ instance: UInt64) -> Bool {
        instance == 0 || connected.insert(instance).inserted
    }

    /// The connection has ended.
    func leave(_ instance: UInt64) {
        connected.remove(instance)
        for (id, waiter) in waiters where waiter.instance == instance { resume(id) }
    }

    /// Returns when the connection to a process has ended, or the calling task is cancelled.
    func waitUntilGone(_ instance: UInt64) async {
        guard connected.contains(instance), !Task.isCancelled else { return }
        lastWaiter &+= 1
        let id = lastWaiter
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiters[id] = (instance, $0) }
        } onCancel: {
            Task { await self.resume(id) }
        }
    }

    private func resume(_ id: UInt32) { waiters.removeValue(forKey: id)?.continuation.resume() }
}
