internal import Model

/// The rows of a step that one expert has been chosen for, with its gate weights.
struct ExpertRows: Equatable, Sendable {
    let expert: Int
    /// Indices of rows of the step, ascending.
    var rows: [Int]
    /// The gate weight of each row.
    var weights: [Float]

    /// Groups the choices of a step's rows by expert, in order of expert.
    static func grouping(_ routings: [Routing]) -> [ExpertRows] {
        var groups: [Int: ExpertRows] = [:]
        for (row, routing) in routings.enumerated() {
            for choice in routing.choices {
                let empty = ExpertRows(expert: choice.expert, rows: [], weights: [])
                groups[choice.expert, default: empty].rows.append(row)
                groups[choice.expert, default: empty].weights.append(choice.weight)
            }
        }
        return groups.values.sorted { $0.expert < $1.expert }
    }
}

/// What one worker does in one exchange: some experts, over some rows, each row sent once.
struct WorkerShare: Equatable, Sendable {
    let worker: WorkerID
    private(set) var experts: [ExpertRows] = []

    /// Indices of the step's rows that this worker needs, ascending.
    var rows: [Int] { Set(experts.flatMap(\.rows)).sorted() }
    var rowLoad: Int { experts.reduce(0) { $0 + $1.rows.count } }

    init(worker: WorkerID) { self.worker = worker }

    mutating func add(_ expert: ExpertRows) { experts.append(expert) }
}

/// Who computes what in one layer of one step: experts with most rows choose first, and each goes
/// to the replica with the least to do, so that the busiest worker does least.
struct DispatchPlan: Equatable, Sendable {
    let shares: [WorkerShare]
    /// Experts that no worker can be asked for.
    let missing: [Int]

    init(_ experts: [ExpertRows], holders: (Int) -> [WorkerID]) {
        var shares: [WorkerID: WorkerShare] = [:]
        var missing: [Int] = []
        let heaviestFirst = experts.sorted {
            ($1.rows.count, $0.expert) < ($0.rows.count, $1.expert)
        }
        for expert in heaviestFirst {
            let candidates = holders(expert.expert).sorted()
            guard let worker = candidates.min(by: { load($0) < load($1) }) else {
                missing.append(expert.expert)
                continue
            }
            shares[worker, default: WorkerShare(worker: worker)].add(expert)
        }
        self.shares = shares.values.sorted { $0.worker < $1.worker }
        self.missing = missing.sorted()

        func load(_ worker: WorkerID) -> Int { shares[worker]?.rowLoad ?? 0 }
    }
}
