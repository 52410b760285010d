/// What a worker can hold.
struct WorkerCapacity: Sendable {
    let worker: WorkerID
    let byteCount: Int
}

/// Decides which worker holds which experts. Greedy: every expert gets its first copy before any
/// gets its second, a layer's experts are spread evenly, and whoever holds an expert already keeps
/// it as long as that leaves no worker with more than its fair share of the layer.
struct PlacementPlanner: Sendable {
    /// Bytes of each expert of the model.
    let expertByteCounts: [ExpertID: Int]
    /// Copies of each expert that are wanted where memory allows.
    let replicaCount: Int

    /// A placement on `workers`; experts that fit nowhere are missing from it.
    func plan(on workers: [WorkerCapacity], current: Placement) -> Placement {
        var draft = Draft(workers: workers.sorted { $0.worker < $1.worker })
        let layers = Dictionary(grouping: expertByteCounts.keys.sorted(), by: \.layer)
        for copy in 1...replicaCount where copy <= workers.count {
            for (_, experts) in layers.sorted(by: { $0.key < $1.key }) {
                let fairShare = (experts.count * copy + workers.count - 1) / workers.count
                for expert in experts {
                    draft.place(
                        expert, byteCount: expertByteCounts[expert, default: 0],
                        holders: current.workers(holding: expert), fairShare: fairShare)
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
    private let order: [WorkerID]

    init(workers: [WorkerCapacity]) {
        order = workers.map(\.worker)
        freeByteCounts = Dictionary(
            workers.map { ($0.worker, $0.byteCount) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func place(
        _ expert: ExpertID, byteCount: Int, holders: [WorkerID], fairShare: Int
    ) {
        let taken = placement.workers(holding: expert)
        let candidates = order.filter {
            !taken.contains($0) && freeByteCounts[$0, default: 0] >= byteCount
        }
        let keepers = candidates.filter {
            holders.contains($0) && layerCount($0, of: expert) < fairShare
        }
        guard let chosen = leastLoaded(keepers, expert) ?? leastLoaded(candidates, expert) else {
            return
        }
        placement.add(chosen, to: expert)
        freeByteCounts[chosen, default: 0] -= byteCount
        counts[chosen, default: 0] += 1
        layerCounts[expert.layer, default: [:]][chosen, default: 0] += 1
    }

    private func leastLoaded(_ workers: [WorkerID], _ expert: ExpertID) -> WorkerID? {
        workers.min {
            (layerCount($0, of: expert), counts[$0, default: 0])
                < (layerCount($1, of: expert), counts[$1, default: 0])
        }
    }

    private func layerCount(_ worker: WorkerID, of expert: ExpertID) -> Int {
        layerCounts[expert.layer]?[worker] ?? 0
    }

}
