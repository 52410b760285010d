/// The routed work of one layer of one step: what is still to be answered, who has failed at what,
/// who has answered. It decides whom to ask next; `Fleet` asks.
struct LayerDispatch: Sendable {
    private(set) var outstanding: [ExpertRows]
    /// Who computed each expert.
    private(set) var workers: [Int: WorkerID] = [:]
    /// Why the last exchange failed.
    private(set) var reason = "no worker holds it"
    private var failed: [Int: Set<WorkerID>] = [:]

    init(_ experts: [ExpertRows]) { outstanding = experts }

    /// Whom to ask for what is outstanding. A worker that failed at an expert is not asked for it
    /// again before `forgive`.
    func plan(holders: (Int) -> [WorkerID]) -> DispatchPlan {
        DispatchPlan(outstanding) { expert in
            holders(expert).filter { !failed[expert, default: []].contains($0) }
        }
    }

    mutating func succeeded(_ share: WorkerShare) {
        let answered = Set(share.experts.map(\.expert))
        for expert in answered { workers[expert] = share.worker }
        outstanding.removeAll { answered.contains($0.expert) }
    }

    mutating func failed(_ share: WorkerShare, because error: any Error) {
        reason = "\(share.worker.name): \(error)"
        for group in share.experts { failed[group.expert, default: []].insert(share.worker) }
    }

    /// Lets every worker be asked for these experts again.
    mutating func forgive(_ experts: [Int]) {
        for expert in experts { failed[expert] = nil }
    }

    /// The rows that need any of `experts`.
    func rows(needing experts: [Int]) -> Set<Int> {
        Set(outstanding.filter { experts.contains($0.expert) }.flatMap(\.rows))
    }
}
