internal import LinearAlgebra
internal import Model
internal import Wire

/// Adds what workers computed to the rows of a step.
///
/// `partialSum` adds each worker's weighted sum of its experts: least traffic, but the last bits
/// depend on who held what. `perChoice` receives one row per choice and adds them in the gate's
/// order, so that any placement gives the same bits.
struct Combiner {
    private var sum: Matrix  // [rows of the step, hiddenSize]
    private let reduction: Reduction
    private let routings: [Routing]
    private var choices: [ChoiceKey: (reply: Matrix, row: Int)] = [:]

    private struct ChoiceKey: Hashable {
        let row: Int
        let expert: Int
    }

    init(routings: [Routing], hiddenSize: Int, reduction: Reduction) {
        sum = Matrix(zeros: routings.count, hiddenSize)
        self.routings = routings
        self.reduction = reduction
    }

    /// Rows that a worker must send back for `share`.
    static func replyRowCount(of share: WorkerShare, _ reduction: Reduction) -> Int {
        switch reduction {
        case .partialSum: share.rows.count
        case .perChoice: share.rowLoad
        }
    }

    /// Takes a worker's reply: `replyRowCount` rows of `hiddenSize`.
    mutating func add(_ reply: Matrix, of share: WorkerShare) {
        switch reduction {
        case .partialSum: addSums(reply, to: share.rows)
        case .perChoice: keepChoices(reply, of: share)
        }
    }

    /// The routed part of the layer's output: [rows, hiddenSize].
    consuming func result() -> Matrix {
        guard reduction == .perChoice else { return sum }
        for (row, routing) in routings.enumerated() {
            for choice in routing.choices {
                guard let found = choices[ChoiceKey(row: row, expert: choice.expert)] else {
                    preconditionFailure("a result was asked for before every choice was answered")
                }
                sum.addRow(found.row, of: found.reply, scaledBy: 1, toRow: row)
            }
        }
        return sum
    }

    private mutating func addSums(_ reply: Matrix, to rows: [Int]) {
        for (index, row) in rows.enumerated() {
            sum.addRow(index, of: reply, scaledBy: 1, toRow: row)
        }
    }

    private mutating func keepChoices(_ reply: Matrix, of share: WorkerShare) {
        let keys = share.experts.flatMap { group in
            group.rows.map { ChoiceKey(row: $0, expert: group.expert) }
        }
        for (index, key) in keys.enumerated() { choices[key] = (reply, index) }
    }
}
