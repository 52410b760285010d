/// What requests did on a revision since the candidate was staged.
struct RevisionUse: Sendable {
    private(set) var requestCount = 0
    /// Pauses between two tokens, and their sum.
    private(set) var pauseCount = 0
    private(set) var pauseSum = Duration.zero
    /// From what serves; empty for what serves.
    private(set) var divergence = Divergence()

    mutating func add(_ use: PinUse) {
        requestCount += 1
        pauseCount += max(0, use.tokenCount - 1)
        pauseSum += use.duration
        divergence = divergence + use.divergence
    }

    /// Mean time from one token to the next; nil when there was no second token.
    var tokenLatency: Duration? { pauseCount > 0 ? pauseSum / pauseCount : nil }
}
