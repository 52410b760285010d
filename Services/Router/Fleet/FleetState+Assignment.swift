internal import Checkpoint

extension FleetState {
    struct Failure: Sendable {
        let reason: String
        /// When it may be asked to load the artifact again.
        let retryAt: Instant
    }

    /// The full set that a worker is to hold from now on.
    struct Assignment: Sendable, Equatable {
        let worker: WorkerID
        let number: Int
        let digests: Set<ArtifactDigest>
    }
}
