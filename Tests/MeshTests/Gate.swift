/// Lets tests wait for a moment instead of for a while: opens once, for everybody.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    /// Returns when the gate is open, or the task is cancelled.
    func wait() async { for await _ in stream {} }
}

extension Gate {
    /// A handler's body that never ends by itself: opens `started`, and `cancelled` when it is told
    /// to stop.
    static func hang(_ started: Gate, _ cancelled: Gate) async throws {
        started.open()
        await Gate().wait()
        cancelled.open()
        throw CancellationError()
    }
}
