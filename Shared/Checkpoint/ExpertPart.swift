/// Which matrix of which expert a tensor holds, read off its name: each family's spelling, in one
/// place.
struct ExpertPart: Equatable {
    enum Matrix: CaseIterable {
        case gate
        case up
        /// Gate rows, then up rows.
        case gateUp
        case down
    }

    let layer: Int
    /// Nil when the tensor holds this matrix of all experts, [expertCount, rows, columns].
    let expert: Int?
    let matrix: Matrix

    /// What follows the layer's number, with # for the expert's.
    private static let spellings: [String: Matrix] = [
        // Hugging Face: OLMoE, Qwen-MoE, DeepSeek.
        "mlp.experts.#.gate_proj.weight": .gate,
        "mlp.experts.#.up_proj.weight": .up,
        "mlp.experts.#.down_proj.weight": .down,
        // Hugging Face: Mixtral, Phi-MoE.
        "block_sparse_moe.experts.#.w1.weight": .gate,
        "block_sparse_moe.experts.#.w3.weight": .up,
        "block_sparse_moe.experts.#.w2.weight": .down,
        // Hugging Face: Granite.
        "block_sparse_moe.input_linear.weight": .gateUp,
        "block_sparse_moe.output_linear.weight": .down,
        // Hugging Face, as transformers 5 names the packed matrices of all families.
        "mlp.experts.gate_up_proj": .gateUp,
        "mlp.experts.down_proj": .down,
        "block_sparse_moe.experts.gate_up_proj": .gateUp,
        "block_sparse_moe.experts.down_proj": .down,
        // GGUF.
        "ffn_gate_exps.weight": .gate,
        "ffn_up_exps.weight": .up,
        "ffn_down_exps.weight": .down,
    ]

    init(layer: Int, expert: Int?, matrix: Matrix) {
        self.layer = layer
        self.expert = expert
        self.matrix = matrix
    }

    /// Nil for a tensor of the trunk.
    init?(tensor name: String) {
        guard let (layer, rest) = Self.layer(of: name) else { return nil }
        let expert = rest.firstIndex { Int($0) != nil }
        let spelling = rest.indices.map { $0 == expert ? "#" : rest[$0] }.joined(separator: ".")
        guard let matrix = Self.spellings[spelling] else { return nil }
        self.init(layer: layer, expert: expert.flatMap { Int(rest[$0]) }, matrix: matrix)
    }

    /// The number behind "layers" or "blk", and the components after it; nil for a tensor of no
    /// layer.
    static func layer(of name: String) -> (layer: Int, rest: ArraySlice<Substring>)? {
        let components = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let word = components.firstIndex(where: { $0 == "layers" || $0 == "blk" }),
            word + 1 < components.count, let layer = Int(components[word + 1]),
            0..<Manifest.layerCountMax ~= layer
        else { return nil }
        return (layer, components[(word + 2)...])
    }
}
