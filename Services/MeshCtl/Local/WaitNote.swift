/// Tells what is waited for: when it is something new, and not more often than a person can read.
struct WaitNote: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A wait shorter than this is not worth a word.
    static let pause = Duration.seconds(3)

    private let report: @Sendable (String) -> Void
    private var told = ""
    private var next: Instant

    init(from start: Instant = .now, report: @escaping @Sendable (String) -> Void) {
        self.report = report
        next = start + Self.pause
    }

    mutating func tell(_ reason: String, at now: Instant = .now) {
        guard now >= next, reason != told else { return }
        report(reason)
        told = reason
        next = now + Self.pause
    }
}
