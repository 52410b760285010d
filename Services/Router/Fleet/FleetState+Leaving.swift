internal import Checkpoint

extension FleetState {
    // MARK: - A worker that leaves

    /// Nothing is needed of it any more.
    func isReleased(_ worker: WorkerID) -> Bool {
        guard let member = members[worker] else { return true }
        return member.isLeaving && member.pending == nil && member.resident.isEmpty
    }

    /// What may be asked for and lives on this worker alone.
    func onlyCopies(on worker: WorkerID) -> Set<ArtifactDigest> {
        live.digests(on: worker).filter { isNeeded($0) && !live.isHeld($0, besides: worker) }
    }

    /// Those of its only copies that the plan gives to nobody else: it cannot leave.
    func immovable(on worker: WorkerID) -> Set<ArtifactDigest> {
        guard let plan else { return [] }
        return onlyCopies(on: worker).filter { !plan.isHeld($0, besides: worker) }
    }

    /// Of these artifacts, what may be asked for and lives nowhere.
    func lost(of digests: Set<ArtifactDigest>) -> Set<ArtifactDigest> {
        digests.filter { isNeeded($0) && live.workers(holding: $0).isEmpty }
    }

    /// The experts that these artifacts compute, of all revisions, in order.
    func experts(computedBy digests: Set<ArtifactDigest>) -> [ExpertID] {
        let experts = revisions.flatMap { revision in
            revision.expertIDs.filter { digests.contains(revision[$0].digest) }
        }
        return Set(experts).sorted()
    }

    private func isNeeded(_ digest: ArtifactDigest) -> Bool { demand.byteCount(of: digest) > 0 }
}
