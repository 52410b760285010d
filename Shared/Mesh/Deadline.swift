/// The moment after which an answer is worth nothing.
///
/// Inside a process it is a moment; on the wire it is the time left, because two machines' clocks
/// agree on nothing.
public struct Deadline: Sendable, Comparable, CustomStringConvertible {
    private let instant: ContinuousClock.Instant

    public static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: ContinuousClock.now + duration)
    }

    init(instant: ContinuousClock.Instant) { self.instant = instant }

    init(milliseconds: UInt32, from now: ContinuousClock.Instant) {
        instant = now + .milliseconds(milliseconds)
    }

    /// Negative once it has passed.
    public var remaining: Duration { remaining(at: .now) }

    func remaining(at now: ContinuousClock.Instant) -> Duration { now.duration(to: instant) }

    /// The time left as a frame carries it, rounded up. nil when nothing is left.
    func milliseconds(at now: ContinuousClock.Instant) -> UInt32? {
        let (seconds, attoseconds) = remaining(at: now).components
        guard seconds > 0 || attoseconds > 0 else { return nil }
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return .max }
        return UInt32(
            clamping: milliseconds.partialValue + (attoseconds + 999_999_999_999_999)
                / 1_000_000_000_000_000)
    }

    public static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }

    public var description: String { "deadline in \(remaining)" }
}
