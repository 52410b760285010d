/// How long to wait before the next attempt: doubling, bounded, and jittered, so that peers that
/// lost the same service do not all come back at once.
public struct Backoff: Sendable {
    private let first: Duration
    private let max: Duration
    private var ceiling: Duration

    /// - Precondition: `first` is positive and at most `max`.
    public init(first: Duration = .milliseconds(50), max: Duration = .seconds(5)) {
        precondition(
            first > .zero && first <= max, "a backoff grows from a positive wait to a maximum")
        self.first = first
        self.max = max
        ceiling = first
    }

    /// Between half of the current ceiling and the ceiling, which then doubles.
    public mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { ceiling = min(ceiling * 2, max) }
        return ceiling * Double.random(in: 0.5...1, using: &generator)
    }

    public mutating func reset() { ceiling = first }
}
