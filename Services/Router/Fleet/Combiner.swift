internal import LinearAlgebra
internal import Model
internal import Wire

/// Adds what workers computed to the rows of a step.
///
/// `partialSum` adds each worker's weighted sum of its experts: least traffic, but the last bits
/// depend on who held what. `perChoice` receives one row per choice and adds them in the gate's
/// order, so that any placement gives the same bits.
struct Combiner {
    private let hiddenSize: Int
    private let reduction: Reduction
    private let routings: [Routing]
    private var replies: [(share: WorkerShare, rows: Matrix)] = []

    private struct ChoiceKey: Hashable {
        let row: Int
        let expert: Int
    }

    init(routings: [Routing], hiddenSize: Int, reduction: Reduction) {
        self.hiddenSize = hiddenSize
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
    mutating func add(_ reply: Matrix, of share: WorkerShare) { replies.append((share, reply)) }

    /// The routed part of the layer's output: [rows of the step, hiddenSize].
    func result() -> Matrix {
        switch reduction {
        case .partialSum: sumOfReplies()
        case .perChoice: sumOfChoices()
        }
    }

    /// In the order of the workers' names, however fast each was.
    private func sumOfReplies() -> Matrix {
        var sum = Matrix(zeros: routings.count, hiddenSize)
        for reply in replies.sorted(by: { $0.share.worker < $1.share.worker }) {
            for (index, row) in reply.share.rows.enumerated() {
                sum.addRow(index, of: reply.rows, scaledBy: 1, toRow: row)
            }
        }
        return sum
    }

    private func sumOfChoices() -> Matrix {
        let choices = choices()
        var sum = Matrix(zeros: routings.count, hiddenSize)
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

    private func choices() -> [ChoiceKey: (reply: Matrix, row: Int)] {
        var choices: [ChoiceKey: (reply: Matrix, row: Int)] = [:]
        for reply in replies {
            let keys = reply.share.experts.flatMap { group in
                group.rows.map { ChoiceKey(row: $0, expert: group.key.expert) }
            }
            for (index, key) in keys.enumerated() { choices[key] = (reply.rows, index) }
        }
        return choices
    }
}
