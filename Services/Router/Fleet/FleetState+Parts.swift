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

    // MARK: - What is known

    /// Whom to ask for an artifact. A replica of another numeric class may give other last bits; it
    /// is asked only when none of the first class is there.
    func holders(of digest: ArtifactDigest) -> [WorkerID] {
        let all = live.workers(holding: digest)
        let equal = all.filter { members[$0]?.numericClass == numericClass }
        return equal.isEmpty ? all : equal
    }

    var serving: Revision { revisions[0] }

    /// Experts of a revision without a live copy, in order.
    func missing(of revision: Revision) -> [ExpertID] {
        revision.expertIDs.filter { live.workers(holding: revision[$0].digest).isEmpty }
    }
}
