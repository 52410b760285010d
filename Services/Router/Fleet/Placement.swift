internal import Checkpoint

/// Where the artifacts live: for each the workers that hold it, and for each worker what it holds.
struct Placement: Equatable, Sendable {
    private(set) var holders: [ArtifactDigest: [WorkerID]] = [:]
    private var held: [WorkerID: Set<ArtifactDigest>] = [:]

    func workers(holding digest: ArtifactDigest) -> [WorkerID] { holders[digest, default: []] }

    func isHeld(_ digest: ArtifactDigest, besides worker: WorkerID) -> Bool {
        workers(holding: digest).contains { $0 != worker }
    }

    func digests(on worker: WorkerID) -> Set<ArtifactDigest> {
        held[worker, default: []]
    }

    /// All that hold anything, in order.
    var workers: [WorkerID] { held.keys.sorted() }

    mutating func add(_ worker: WorkerID, to digest: ArtifactDigest) {
        guard held[worker, default: []].insert(digest).inserted else { return }
        holders[digest, default: []].append(worker)
    }

    mutating func remove(_ worker: WorkerID) { set(worker, to: []) }

    /// `worker` holds these and no other.
    mutating func set(_ worker: WorkerID, to digests: Set<ArtifactDigest>) {
        for digest in self.digests(on: worker).subtracting(digests) {
            holders[digest]?.removeAll { $0 == worker }
            if holders[digest]?.isEmpty == true { holders[digest] = nil }
        }
        held[worker]?.formIntersection(digests)
        for digest in digests { add(worker, to: digest) }
        if digests.isEmpty { held[worker] = nil }
    }
}

extension Placement {
    /// What this plan, made by another router, gives to those who are here. What that one does not
    /// want, because only requests of this router still run on it, stays where it is. Nil when
    /// anything is left without a place.
    func serving(
        _ demand: PlacementDemand, on targets: [PlacementTarget], current: Placement
    ) -> Placement? {
        let staying = targets.filter { !$0.isLastResort }
        let refused = Dictionary(uniqueKeysWithValues: staying.map { ($0.worker, $0.refused) })
        var placement = Placement()
        for artifact in demand.artifacts {
            let able = { (worker: WorkerID) in
                refused[worker].map { !$0.contains(artifact.digest) } ?? false
            }
            let planned = workers(holding: artifact.digest).filter(able)
            let workers =
                planned.isEmpty
                ? current.workers(holding: artifact.digest).filter(able) : planned
            guard !workers.isEmpty else { return nil }
            for worker in workers { placement.add(worker, to: artifact.digest) }
        }
        return placement
    }
}
