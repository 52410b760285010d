internal import Checkpoint

/// A worker that may be given artifacts.
struct PlacementTarget: Sendable {
    let worker: WorkerID
    let byteCount: Int
    /// Two copies of an artifact are put on two hosts where that is possible.
    let host: String
    /// What it could not load lately; it is not asked to again for a while.
    let refused: Set<ArtifactDigest>
}

/// Decides which worker holds which artifacts. Greedy: everything gets its first copy before
/// anything gets its second, a layer's experts are spread evenly, and whoever holds an artifact
/// already keeps it as long as that leaves no worker with more than its fair share of the layer.
struct PlacementPlanner: Sendable {
    /// What may be asked for.
    static let replicaCounts = 1...16

    /// Copies of each artifact that are wanted where memory allows.
    let replicaCount: Int

    /// A placement on `targets`; what fits nowhere is missing from it.
    func plan(
        _ demand: PlacementDemand, on targets: [PlacementTarget], current: Placement
    ) -> Placement {
        var draft = Draft(targets.sorted { $0.worker < $1.worker })
        for copy in 1...replicaCount where copy <= targets.count {
            for group in demand.groups {
                let fairShare = (group.layerCount * copy + targets.count - 1) / targets.count
                for artifact in group.artifacts {
                    draft.place(
                        artifact, layer: group.layer, fairShare: fairShare,
                        holders: current.workers(holding: artifact.digest))
                }
            }
        }
        return draft.placement
    }
}

/// A plan in the making, with what each worker has been given so far.
private struct Draft {
    private(set) var placement = Placement()
    private var freeByteCounts: [WorkerID: Int]
    private var counts: [WorkerID: Int] = [:]
    private var layerCounts: [Int: [WorkerID: Int]] = [:]
    private let hosts: [WorkerID: String]
    private let targets: [PlacementTarget]

    init(_ targets: [PlacementTarget]) {
        self.targets = targets
        freeByteCounts = Dictionary(
            uniqueKeysWithValues: targets.map { ($0.worker, $0.byteCount) })
        hosts = Dictionary(uniqueKeysWithValues: targets.map { ($0.worker, $0.host) })
    }

    mutating func place(
        _ artifact: ExpertArtifact, layer: Int, fairShare: Int, holders: [WorkerID]
    ) {
        let candidates = candidates(for: artifact)
        let keepers = candidates.filter {
            holders.contains($0) && layerCount($0, layer) < fairShare
        }
        guard let chosen = leastLoaded(keepers, layer) ?? leastLoaded(candidates, layer) else {
            return
        }
        placement.add(chosen, to: artifact.digest)
        freeByteCounts[chosen, default: 0] -= artifact.byteCount
        counts[chosen, default: 0] += 1
        layerCounts[layer, default: [:]][chosen, default: 0] += 1
    }

    /// Who has room and no copy yet; on another host than the copies so far, where there is one.
    private func candidates(for artifact: ExpertArtifact) -> [WorkerID] {
        let taken = placement.workers(holding: artifact.digest)
        let fitting = targets.lazy
            .filter {
                !taken.contains($0.worker) && !$0.refused.contains(artifact.digest)
                    && freeByteCounts[$0.worker, default: 0] >= artifact.byteCount
            }
            .map(\.worker)
        let takenHosts = Set(taken.compactMap { hosts[$0] })
        let apart = fitting.filter { !takenHosts.contains(hosts[$0, default: ""]) }
        return apart.isEmpty ? Array(fitting) : Array(apart)
    }

    private func leastLoaded(_ workers: [WorkerID], _ layer: Int) -> WorkerID? {
        workers.min {
            (layerCount($0, layer), counts[$0, default: 0])
                < (layerCount($1, layer), counts[$1, default: 0])
        }
    }

    private func layerCount(_ worker: WorkerID, _ layer: Int) -> Int {
        layerCounts[layer]?[worker] ?? 0
    }
}
