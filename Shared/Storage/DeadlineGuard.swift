internal import CSQLite

/// Stops a statement at an instant: SQLite asks every few thousand steps of its virtual machine.
final class DeadlineGuard {
    /// About 0.1 ms of work between two looks at the clock.
    private static let stepsBetweenLooks: Int32 = 2_000

    var instant: ContinuousClock.Instant?

    var isOver: Bool {
        guard let instant else { return false }
        return ContinuousClock.now >= instant
    }

    /// The connection must not outlive this object: both belong to one `SQLiteDatabase`.
    func watch(_ connection: OpaquePointer) {
        unsafe sqlite3_progress_handler(
            connection, Self.stepsBetweenLooks,
            { context in
                let deadline = unsafe Unmanaged<DeadlineGuard>.fromOpaque(context!)
                    .takeUnretainedValue()
                return deadline.isOver ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
