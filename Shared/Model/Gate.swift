internal import LinearAlgebra

/// The experts that a token visits in one layer.
public struct Routing: Sendable, Equatable {
    public struct Choice: Sendable, Equatable {
        public let expert: Int
        /// What the expert's output is multiplied by.
        public let weight: Float

        public init(expert: Int, weight: Float) {
            self.expert = expert
            self.weight = weight
        }
    }

    /// Heaviest first.
    public let choices: [Choice]

    public init(choices: [Choice]) { self.choices = choices }
}

/// Which experts a token visits, and how much each counts.
struct Gate: Sendable {
    let weight: WeightMatrix  // [expertCount, hiddenSize]
    let rule: Architecture.GateRule
    let normalises: Bool
    let topK: Int

    /// One routing per row.
    func route(_ hidden: Matrix) -> [Routing] {
        var scores = weight.product(with: hidden)  // [rows, expertCount]
        if rule != .topKThenSoftmax { scores.softmaxRows() }
        return (0..<scores.rowCount).map { routing(scores.row($0).largest(topK)) }
    }

    private func routing(_ best: [IndexedFloat]) -> Routing {
        let weights = rule == .topKThenSoftmax ? softmax(best) : probabilities(best)
        return Routing(
            choices: zip(best, weights).map { Routing.Choice(expert: $0.index, weight: $1) })
    }

    private func softmax(_ logits: [IndexedFloat]) -> [Float] {
        var row = Matrix(row: logits.map(\.value))
        row.softmaxRows()
        return row.elements
    }

    private func probabilities(_ best: [IndexedFloat]) -> [Float] {
        let sum = normalises ? best.reduce(0) { $0 + $1.value } : 1
        return best.map { $0.value / sum }
    }
}
