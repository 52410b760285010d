/// Whether a peer still lives, judged at regular ticks by the bytes that it has sent.
struct Heartbeat {
    enum Verdict { case alive, ask, dead }

    private let interval: Duration
    private let silenceMax: Duration
    private var lastTick: ContinuousClock.Instant
    private var lastSign: ContinuousClock.Instant
    private var lastByteCount: UInt64 = 0

    init(_ limits: MeshLimits, at now: ContinuousClock.Instant) {
        interval = limits.heartbeatInterval
        silenceMax = limits.silenceMax
        lastTick = now
        lastSign = now
    }

    mutating func tick(at now: ContinuousClock.Instant, receivedByteCount: UInt64) -> Verdict {
        defer { lastTick = now }
        if receivedByteCount != lastByteCount {
            lastByteCount = receivedByteCount
            lastSign = now
            return .alive
        }
        // A tick that comes late means that *we* were stopped. What the peer sent meanwhile is
        // still in the socket.
        let lateness = lastTick.duration(to: now) - interval
        if lateness > interval { lastSign += lateness }
        return lastSign.duration(to: now) >= silenceMax ? .dead : .ask
    }
}
