/// Where the experts live: for each expert the workers that hold it.
struct Placement: Equatable, Sendable {
    private(set) var holders: [ExpertID: [WorkerID]] = [:]

    func workers(holding expert: ExpertID) -> [WorkerID] { holders[expert, default: []] }

    func experts(on worker: WorkerID) -> Set<ExpertID> {
        Set(holders.lazy.filter { $0.value.contains(worker) }.map(\.key))
    }

    mutating func add(_ worker: WorkerID, to expert: ExpertID) {
        guard !workers(holding: expert).contains(worker) else { return }
        holders[expert, default: []].append(worker)
    }

    mutating func remove(_ worker: WorkerID) {
        holders = holders.mapValues { $0.filter { $0 != worker } }.filter { !$0.value.isEmpty }
    }

    /// The part of this placement that `worker` has confirmed: the experts in `resident`, no other.
    mutating func confirm(_ worker: WorkerID, resident: Set<ExpertID>) {
        remove(worker)
        for expert in resident { add(worker, to: expert) }
    }
}
