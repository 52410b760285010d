/// Why the process ends: because it was drained, or because something broke that only a restart can
/// mend.
final class Lifetime: Sendable {
    private let ends: AsyncStream<(any Error)?>
    private let continuation: AsyncStream<(any Error)?>.Continuation

    init() { (ends, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    func end(because error: (any Error)? = nil) {
        continuation.yield(error)
        continuation.finish()
    }

    /// Returns when the process is to end; throws what broke.
    func waitForEnd() async throws {
        for await error in ends {
            if let error { throw error }
        }
    }
}
