/// How fast artifacts may be fetched: each piece waits for the time that the pieces before it take
/// at the given rate.
struct FetchPace: Sendable {
    /// nil: as fast as it goes.
    let bytesPerSecond: Int?
    private var freeAt: ContinuousClock.Instant?

    init(bytesPerSecond: Int?) { self.bytesPerSecond = bytesPerSecond }

    /// How long to wait before asking for a piece of this many bytes.
    mutating func wait(for byteCount: Int, at now: ContinuousClock.Instant) -> Duration {
        guard let bytesPerSecond else { return .zero }
        let start = max(freeAt ?? now, now)
        freeAt = start + .seconds(1) * (Double(byteCount) / Double(bytesPerSecond))
        return now.duration(to: start)
    }
}
