public import LinearAlgebra

/// A gate that takes the place of the trunk's, for a layer whose experts were changed.
public struct GateMatrix: Sendable {
    /// One row per expert: [expertCount, hiddenSize].
    public let matrix: Matrix
    let weight: WeightMatrix

    public init(_ matrix: Matrix) {
        self.matrix = matrix
        weight = WeightMatrix(matrix)
    }

    public var expertCount: Int { matrix.rowCount }
    /// [expertCount × hiddenSize], row after row.
    public var elements: [Float] { matrix.elements }
}

extension Gate {
    /// The same rule over other rows.
    func replacing(_ gate: GateMatrix) -> Gate {
        Gate(weight: gate.weight, rule: rule, normalises: normalises, topK: topK)
    }
}
