internal import Glibc

/// Hears what others commit with `notify`. Lives on a thread of its own, which it blocks.
public actor PostgresListener: ThreadBound {
    static let channel = "expertmesh"

    public nonisolated let thread: SerialThread
    private let address: PostgresAddress
    private var connection: PostgresConnection?

    /// Connects with the first wait.
    public init(_ address: PostgresAddress, thread: SerialThread) {
        (self.address, self.thread) = (address, thread)
    }

    /// Returns when something was said, when something may have been missed, or after `limit`.
    /// - Returns: Whether there is reason to look.
    public func wait(atMost limit: Duration) -> Bool {
        let deadline = ContinuousClock.now + limit
        do throws(StorageError) {
            guard let connection else {
                try connect()
                return true
            }
            return try connection.waitForNotification(until: deadline)
        } catch {
            connection = nil
            let pause = min(limit, PostgresDatabase.reconnectPause)
            poll(nil, 0, Int32(pause / .milliseconds(1)))
            return true
        }
    }

    private func connect() throws(StorageError) {
        let opened = try PostgresConnection(address, within: PostgresDatabase.connectDurationMax)
        _ = try opened.run(
            script: "LISTEN \(Self.channel)", until: .now + PostgresDatabase.answerDurationMax)
        connection = opened
    }
}
