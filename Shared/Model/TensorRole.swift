/// What a trunk tensor is for. Both spellings of every family stand here, and nowhere else.
enum TensorRole {
    case embedding, outputNorm, head
    case attentionNorm, query, key, value, attentionOutput, queryNorm, keyNorm
    case feedForwardNorm, gate
    /// The dense block of a dense layer, or the expert that all tokens of a sparse layer visit.
    case localGate, localUp, localDown
    /// Gate rows, then up rows.
    case localGateUp
    case localSwitch

    /// What the names can be, without ".weight"; the first that exists is meant.
    fileprivate var huggingFace: [String] {
        switch self {
        case .embedding: ["model.embed_tokens"]
        case .outputNorm: ["model.norm"]
        case .head: ["lm_head"]
        case .attentionNorm: ["input_layernorm"]
        case .query: ["self_attn.q_proj"]
        case .key: ["self_attn.k_proj"]
        case .value: ["self_attn.v_proj"]
        case .attentionOutput: ["self_attn.o_proj"]
        case .queryNorm: ["self_attn.q_norm"]
        case .keyNorm: ["self_attn.k_norm"]
        case .feedForwardNorm: ["post_attention_layernorm"]
        case .gate: ["mlp.gate", "block_sparse_moe.gate", "block_sparse_moe.router.layer"]
        case .localGate: ["mlp.shared_expert.gate_proj", "mlp.gate_proj"]
        case .localUp: ["mlp.shared_expert.up_proj", "mlp.up_proj"]
        case .localDown:
            ["mlp.shared_expert.down_proj", "mlp.down_proj", "shared_mlp.output_linear"]
        case .localGateUp: ["shared_mlp.input_linear"]
        case .localSwitch: ["mlp.shared_expert_gate"]
        }
    }

    /// A base that an overlay adds experts to has its block under the dense names.
    fileprivate var gguf: [String] {
        switch self {
        case .embedding: ["token_embd"]
        case .outputNorm: ["output_norm"]
        case .head: ["output"]
        case .attentionNorm: ["attn_norm"]
        case .query: ["attn_q"]
        case .key: ["attn_k"]
        case .value: ["attn_v"]
        case .attentionOutput: ["attn_output"]
        case .queryNorm: ["attn_q_norm"]
        case .keyNorm: ["attn_k_norm"]
        case .feedForwardNorm: ["ffn_norm"]
        case .gate: ["ffn_gate_inp"]
        case .localGate: ["ffn_gate_shexp", "ffn_gate"]
        case .localUp: ["ffn_up_shexp", "ffn_up"]
        case .localDown: ["ffn_down_shexp", "ffn_down"]
        case .localGateUp: []
        case .localSwitch: ["ffn_gate_inp_shexp"]
        }
    }
}

/// How a checkpoint spells the names of its tensors.
enum TensorSpelling: Sendable {
    case huggingFace, gguf

    /// Full names, likeliest first; `layer` is nil for a tensor of no layer.
    func names(_ role: TensorRole, layer: Int?, suffix: String = "weight") -> [String] {
        let stems = self == .gguf ? role.gguf : role.huggingFace
        let prefix = self == .gguf ? "blk." : "model.layers."
        return stems.map { (layer.map { "\(prefix)\($0)." } ?? "") + "\($0).\(suffix)" }
    }
}
