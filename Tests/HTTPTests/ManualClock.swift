import NIOConcurrencyHelpers

/// A clock that stands still until it is told to go on.
final class ManualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        fileprivate var time: Duration
        func advanced(by duration: Duration) -> Instant { Instant(time: time + duration) }
        func duration(to other: Instant) -> Duration { other.time - time }
        static func < (left: Instant, right: Instant) -> Bool { left.time < right.time }
    }

    private struct State {
        var now = Instant(time: .zero)
        var sleepers: [(until: Instant, alarm: AsyncStream<Never>.Continuation)] = []
    }

    /// One element whenever someone begins to sleep.
    let sleeps: AsyncStream<Void>
    private let begun: AsyncStream<Void>.Continuation
    private let state = NIOLockedValueBox(State())

    init() { (sleeps, begun) = AsyncStream.makeStream() }

    var now: Instant { state.withLockedValue { $0.now } }
    let minimumResolution = Duration.nanoseconds(1)

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let (stream, alarm) = AsyncStream<Never>.makeStream()
        state.withLockedValue { $0.sleepers.append((deadline, alarm)) }
        begun.yield()
        for await _ in stream {}
        try Task.checkCancellation()
    }

    /// Wakes whoever sleeps no longer than that.
    func advance(by duration: Duration) {
        let woken = state.withLockedValue { state in
            let now = state.now.advanced(by: duration)
            let (asleep, awake) = (
                state.sleepers.filter { $0.until > now }, state.sleepers.filter { $0.until <= now }
            )
            (state.now, state.sleepers) = (now, asleep)
            return awake
        }
        for sleeper in woken { sleeper.alarm.finish() }
    }
}
