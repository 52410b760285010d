/// Looks again and again, soon at first and then less often, until something is there.
struct Polling {
    /// Fast enough that a person does not notice the wait.
    private static let first = Duration.milliseconds(10)
    private static let longest = Duration.milliseconds(250)

    /// The first value that `look` returns, or nil when the deadline comes before.
    static func until<Value>(
        _ deadline: ContinuousClock.Instant, _ look: () async throws -> Value?
    ) async throws -> Value? {
        var pause = first
        while true {
            if let value = try await look() { return value }
            guard ContinuousClock.now + pause < deadline else { return nil }
            try await Task.sleep(for: pause)
            pause = min(pause * 3 / 2, longest)
        }
    }
}
