/// The experts of one layer of a source, found by their tensors' names.
struct ExpertLayer {
    let expertCount: Int
    private let layer: Int
    private let path: String
    /// One tensor for all experts, or one for each.
    private let packed: [ExpertPart.Matrix: Tensor]
    private let single: [ExpertPart.Matrix: [Int: Tensor]]

    /// `parts` are the expert tensors of one layer. Throws `unsupportedModel` when they are not a
    /// whole set.
    init(
        layer: Int, parts: [(part: ExpertPart, tensor: Tensor)], path: String
    ) throws(CheckpointError) {
        self.layer = layer
        self.path = path
        var packed: [ExpertPart.Matrix: Tensor] = [:]
        var single: [ExpertPart.Matrix: [Int: Tensor]] = [:]
        for (part, tensor) in parts {
            if let expert = part.expert {
                single[part.matrix, default: [:]][expert] = tensor
            } else {
                packed[part.matrix] = tensor
            }
        }
        self.packed = packed
        self.single = single
        let counts = Set(
            packed.values.map { $0.info.shape.first ?? 0 } + single.values.map(\.count))
        guard counts.count == 1, let count = counts.first, 1...Manifest.expertCountMax ~= count
        else {
            let reason = "the expert tensors of layer \(layer) disagree on the number of experts"
            throw .unsupportedModel(path: path, reason: reason)
        }
        expertCount = count
    }

    /// Throws `unsupportedModel`, naming layer and expert, when a matrix is missing or does not
    /// fit.
    func expert(_ index: Int) throws(CheckpointError) -> ExpertMatrices {
        let (gate, up) = try gateAndUp(index)
        guard let gate, let up, let down = try matrix(.down, index) else {
            throw unsupported("lacks a gate, up or down matrix", expert: index)
        }
        guard let matrices = ExpertMatrices(gate: gate, up: up, down: down) else {
            let found = [gate, up, down].map { "\($0.storage) [\($0.rowCount), \($0.columnCount)]" }
            let reason = "has gate, up and down " + found.joined(separator: ", ")
            throw unsupported(reason + ", which do not form an expert", expert: index)
        }
        return matrices
    }

    private func gateAndUp(
        _ index: Int
    ) throws(CheckpointError) -> (ExpertMatrix?, ExpertMatrix?) {
        if let halves = try matrix(.gateUp, index)?.halves { return halves }
        return (try matrix(.gate, index), try matrix(.up, index))
    }

    private func matrix(
        _ matrix: ExpertPart.Matrix, _ index: Int
    ) throws(CheckpointError) -> ExpertMatrix? {
        if let tensor = packed[matrix] {
            guard let part = ExpertMatrix(tensor, index: index) else {
                throw unsupported(
                    "tensor \(tensor.info.name) is not [experts, rows, columns]", expert: index)
            }
            return part
        }
        guard let tensor = single[matrix]?[index] else { return nil }
        guard let part = ExpertMatrix(tensor) else {
            throw unsupported("tensor \(tensor.info.name) is not [rows, columns]", expert: index)
        }
        return part
    }

    private func unsupported(_ reason: String, expert: Int) -> CheckpointError {
        .unsupportedModel(path: path, reason: "layer \(layer), expert \(expert): \(reason)")
    }
}
