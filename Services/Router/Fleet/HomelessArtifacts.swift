internal import Checkpoint

/// Artifacts that no worker holds and none can take: there is no worker, none has room, or none
/// could load them.
///
/// At first they count as missing only, for a worker that restarts or has lost its connection is
/// expected back. After the grace, waiting for them is in vain until another worker comes.
struct HomelessArtifacts: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Twice the longest pause between two dials of a worker (`Backoff`): whoever still runs has
    /// come back by then, and a process that was started again has, too.
    static let grace = Duration.seconds(10)

    /// Those whose grace is over.
    private(set) var digests: Set<ArtifactDigest> = []
    private var graceEnds: [ArtifactDigest: Instant] = [:]

    /// When to look again although nothing has happened.
    var wakesAt: Instant? { graceEnds.values.min() }

    /// - Parameter nowhere: What no worker holds and none can take now.
    mutating func update(_ nowhere: Set<ArtifactDigest>, at now: Instant) {
        digests.formIntersection(nowhere)
        graceEnds = graceEnds.filter { nowhere.contains($0.key) }
        for digest in nowhere where !digests.contains(digest) {
            if now < graceEnds[digest, default: now + Self.grace] {
                graceEnds[digest] = graceEnds[digest] ?? now + Self.grace
            } else {
                graceEnds[digest] = nil
                digests.insert(digest)
            }
        }
    }
}
