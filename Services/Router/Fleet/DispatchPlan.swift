/// What one worker does in one exchange: some experts, over some rows, each row sent once.
struct WorkerShare: Equatable, Sendable {
    let worker: WorkerID
    let experts: [ExpertRows]
    /// Indices of the step's rows that this worker needs, ascending.
    let rows: [Int]
    /// Rows of all experts, each as often as experts need it.
    let rowLoad: Int

    init(worker: WorkerID, experts: [ExpertRows]) {
        self.worker = worker
        self.experts = experts
        rows =
            experts.count == 1
            ? experts[0].rows : Set(experts.lazy.flatMap(\.rows)).sorted()
        rowLoad = experts.rowLoad
    }

    var keys: [ExpertKey] { experts.map(\.key) }

    func includes(_ key: ExpertKey) -> Bool { experts.contains { $0.key == key } }
}

extension [ExpertRows] {
    fileprivate var rowLoad: Int { reduce(0) { $0 + $1.rows.count } }
}

/// Who computes what in one layer of one step: experts with most rows choose first, and each goes
/// to the replica with the least to do, so that the busiest worker does least.
struct DispatchPlan: Equatable, Sendable {
    let shares: [WorkerShare]
    /// Experts that no worker can be asked for.
    let missing: [ExpertKey]

    init(_ experts: [ExpertRows], holders: (ExpertKey) -> [WorkerID]) {
        var shares: [Draft] = []
        var missing: [ExpertKey] = []
        let heaviestFirst = experts.sorted {
            ($1.rows.count, $0.order.0, $0.order.1) < ($0.rows.count, $1.order.0, $1.order.1)
        }
        for expert in heaviestFirst {
            let candidates = holders(expert.key)
            guard let worker = candidates.min(by: { (load($0), $0) < (load($1), $1) }) else {
                missing.append(expert.key)
                continue
            }
            add(expert, to: worker)
        }
        self.shares = shares.map { WorkerShare(worker: $0.worker, experts: $0.experts) }
            .sorted { $0.worker < $1.worker }
        self.missing = missing.sorted { $0.expert < $1.expert }

        func load(_ worker: WorkerID) -> Int {
            shares.first { $0.worker == worker }?.experts.rowLoad ?? 0
        }
        func add(_ expert: ExpertRows, to worker: WorkerID) {
            guard let index = shares.firstIndex(where: { $0.worker == worker }) else {
                return shares.append((worker, [expert]))
            }
            shares[index].experts.append(expert)
        }
    }

    /// A share in the making. Few, so that looking for one takes no table.
    private typealias Draft = (worker: WorkerID, experts: [ExpertRows])
}
