internal import Checkpoint

/// A worker that may be given artifacts.
struct PlacementTarget: Sendable {
    let worker: WorkerID
    let byteCount: Int
    /// Two copies of an artifact are put on two hosts where that is possible.
    let host: String
    /// What it could not load lately; it is not asked to again for a while.
    let refused: Set<ArtifactDigest>
    /// It leaves, and is given only what nobody else has room for.
    var isLastResort = false
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
        let sharerCount = max(1, targets.count { !$0.isLastResort })
        for copy in 1...replicaCount where copy <= targets.count {
            for group in demand.groups {
                let fairShare = (group.layerCount * copy + sharerCount - 1) / sharerCount
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

/// A plan in the making, with what each worker has been given so far. Workers go by their place
/// among the targets.
private struct Draft {
    private let targets: [PlacementTarget]
    private var copies: [ArtifactDigest: [Int]] = [:]
    private var freeByteCounts: [Int]
    private var counts: [Int]
    /// By layer.
    private var layerCounts: [Int: [Int]] = [:]

    init(_ targets: [PlacementTarget]) {
        self.targets = targets
        freeByteCounts = targets.map(\.byteCount)
        counts = targets.map { _ in 0 }
    }

    var placement: Placement {
        var placement = Placement()
        for (digest, copies) in copies {
            for target in copies { placement.add(targets[target].worker, to: digest) }
        }
        return placement
    }

    mutating func place(
        _ artifact: ExpertArtifact, layer: Int, fairShare: Int, holders: [WorkerID]
    ) {
        let candidates = candidates(for: artifact)
        let layerCounts = self.layerCounts[layer] ?? targets.map { _ in 0 }
        let keepers = candidates.filter {
            (layerCounts[$0] < fairShare || targets[$0].isLastResort)
                && holders.contains(targets[$0].worker)
        }
        let chosen = (keepers.isEmpty ? candidates : keepers).min {
            (layerCounts[$0], counts[$0]) < (layerCounts[$1], counts[$1])
        }
        guard let chosen else { return }
        copies[artifact.digest, default: []].append(chosen)
        freeByteCounts[chosen] -= artifact.byteCount
        counts[chosen] += 1
        self.layerCounts[layer, default: layerCounts][chosen] += 1
    }

    /// Who has room and no copy yet; on another host than the copies so far, where there is one.
    /// Of a first copy, a last resort where there is nobody else.
    private func candidates(for artifact: ExpertArtifact) -> [Int] {
        let taken = copies[artifact.digest, default: []]
        let fitting = targets.indices.filter { target in
            freeByteCounts[target] >= artifact.byteCount && !taken.contains(target)
                && !targets[target].refused.contains(artifact.digest)
        }
        let staying = fitting.filter { !targets[$0].isLastResort }
        guard !taken.isEmpty else { return staying.isEmpty ? fitting : staying }
        let apart = staying.filter { target in
            !taken.contains { targets[$0].host == targets[target].host }
        }
        return apart.isEmpty ? staying : apart
    }
}
