internal import LinearAlgebra

/// SwiGLU (Shazeer 2020): down(silu(gate x) · up x).
struct FeedForward: Sendable {
    enum Input: Sendable {
        case separate(gate: WeightMatrix, up: WeightMatrix)  // each [intermediateSize, hiddenSize]
        case halves(WeightMatrix)  // gate rows, then up rows: [2 · intermediateSize, hiddenSize]
        case pairs(WeightMatrix)  // gate 0, up 0, gate 1, …
    }

    let input: Input
    let down: WeightMatrix  // [hiddenSize, intermediateSize]

    /// [rows, hiddenSize] to the same.
    func callAsFunction(_ rows: Matrix) -> Matrix {
        down.product(with: activated(rows))
    }

    private func activated(_ rows: Matrix) -> Matrix {
        switch input {
        case .separate(let gate, let up):
            Matrix.swiGLU(gate: gate.product(with: rows), up: up.product(with: rows))
        case .halves(let gateUp): gateUp.product(with: rows).swiGLUOfHalves()
        case .pairs(let gateUp): gateUp.product(with: rows).swiGLUOfPairs()
        }
    }
}
