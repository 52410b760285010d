internal import Checkpoint

/// Where the artifacts live: for each the workers that hold it.
struct Placement: Equatable, Sendable {
    private(set) var holders: [ArtifactDigest: [WorkerID]] = [:]

    func workers(holding digest: ArtifactDigest) -> [WorkerID] { holders[digest, default: []] }

    func digests(on worker: WorkerID) -> Set<ArtifactDigest> {
        Set(holders.lazy.filter { $0.value.contains(worker) }.map(\.key))
    }

    mutating func add(_ worker: WorkerID, to digest: ArtifactDigest) {
        guard !workers(holding: digest).contains(worker) else { return }
        holders[digest, default: []].append(worker)
    }

    mutating func remove(_ worker: WorkerID) { set(worker, to: []) }

    /// `worker` holds these and no other.
    mutating func set(_ worker: WorkerID, to digests: Set<ArtifactDigest>) {
        for digest in self.digests(on: worker).subtracting(digests) {
            holders[digest]?.removeAll { $0 == worker }
            if holders[digest]?.isEmpty == true { holders[digest] = nil }
        }
        for digest in digests { add(worker, to: digest) }
    }
}
