internal import LinearAlgebra

/// A family of models as data. One interpreter, `Decoder`, runs them all; what differs stands here.
///
/// All are decoders with RMS norms before attention and before the feed-forward block, rotary
/// positions, grouped key-value heads and SwiGLU.
struct Architecture: Sendable {
    /// `model_type` of a `config.json`.
    let huggingFaceName: String
    /// `general.architecture` of GGUF metadata. Where two families share it, `isSparse` and
    /// `keys.sharedIntermediateSize` tell them apart.
    let ggufName: String
    let keys: ExpertKeys?
    let gate: GateRule
    let queryKeyNorm: QueryKeyNorm
    let bias: BiasRule
    /// Granite's four: of embedding, residual, attention scores and logits.
    let hasMultipliers: Bool
    /// GGUF keeps the rows of query and key as llama.cpp turns them: neighbours instead of halves.
    let ggufPairing: RotaryPairing

    /// How `config.json` calls the numbers of the sparse block.
    struct ExpertKeys: Sendable {
        let intermediateSize: String
        /// The width of the expert that all tokens pass; nil when the family has none.
        let sharedIntermediateSize: String?
    }

    /// How weights come from the gate's logits.
    enum GateRule: Sendable, Equatable {
        /// The k largest logits, softmax over those alone.
        case topKThenSoftmax
        /// Softmax over all, the k largest, then divided by their sum: always, or as
        /// `norm_topk_prob` says (GGUF does not say it; the second value is what llama.cpp takes
        /// for the family).
        case softmaxThenTopK(normalised: Normalisation)
    }

    enum Normalisation: Sendable, Equatable {
        case always
        case configured(ggufDefault: Bool)
    }

    /// Which key of `config.json` asks for biases, whether it is on when absent, and whether the
    /// output projection has one too.
    enum BiasRule: Sendable, Equatable {
        case none
        case configured(key: String, default: Bool, includesOutput: Bool)
    }

    static let all = [llama, mixtral, olmoe, qwen2MoE, qwen3MoE, graniteMoE, graniteMoEShared]

    static let llama = Architecture(
        huggingFaceName: "llama", ggufName: "llama", keys: nil,
        gate: .topKThenSoftmax, queryKeyNorm: .none,
        bias: .configured(key: "attention_bias", default: false, includesOutput: true),
        hasMultipliers: false, ggufPairing: .neighbours)

    static let mixtral = Architecture(
        huggingFaceName: "mixtral", ggufName: "llama",
        keys: ExpertKeys(intermediateSize: "intermediate_size", sharedIntermediateSize: nil),
        gate: .softmaxThenTopK(normalised: .always), queryKeyNorm: .none, bias: .none,
        hasMultipliers: false, ggufPairing: .neighbours)

    static let olmoe = Architecture(
        huggingFaceName: "olmoe", ggufName: "olmoe",
        keys: ExpertKeys(intermediateSize: "intermediate_size", sharedIntermediateSize: nil),
        gate: .softmaxThenTopK(normalised: .configured(ggufDefault: false)), queryKeyNorm: .whole,
        bias: .configured(key: "attention_bias", default: false, includesOutput: true),
        hasMultipliers: false, ggufPairing: .halves)

    static let qwen2MoE = Architecture(
        huggingFaceName: "qwen2_moe", ggufName: "qwen2moe",
        keys: ExpertKeys(
            intermediateSize: "moe_intermediate_size",
            sharedIntermediateSize: "shared_expert_intermediate_size"),
        gate: .softmaxThenTopK(normalised: .configured(ggufDefault: false)), queryKeyNorm: .none,
        bias: .configured(key: "qkv_bias", default: true, includesOutput: false),
        hasMultipliers: false, ggufPairing: .halves)

    static let qwen3MoE = Architecture(
        huggingFaceName: "qwen3_moe", ggufName: "qwen3moe",
        keys: ExpertKeys(intermediateSize: "moe_intermediate_size", sharedIntermediateSize: nil),
        gate: .softmaxThenTopK(normalised: .configured(ggufDefault: true)), queryKeyNorm: .eachHead,
        bias: .configured(key: "attention_bias", default: false, includesOutput: true),
        hasMultipliers: false, ggufPairing: .halves)

    static let graniteMoE = Architecture(
        huggingFaceName: "granitemoe", ggufName: "granitemoe",
        keys: ExpertKeys(intermediateSize: "intermediate_size", sharedIntermediateSize: nil),
        gate: .topKThenSoftmax, queryKeyNorm: .none,
        bias: .configured(key: "attention_bias", default: false, includesOutput: true),
        hasMultipliers: true, ggufPairing: .neighbours)

    static let graniteMoEShared = Architecture(
        huggingFaceName: "granitemoeshared", ggufName: "granitemoe",
        keys: ExpertKeys(
            intermediateSize: "intermediate_size",
            sharedIntermediateSize: "shared_intermediate_size"),
        gate: .topKThenSoftmax, queryKeyNorm: .none,
        bias: .configured(key: "attention_bias", default: false, includesOutput: true),
        hasMultipliers: true, ggufPairing: .neighbours)
}

/// An RMS norm of queries and keys before they are turned.
enum QueryKeyNorm: Sendable, Equatable {
    case none
    /// Over all heads together.
    case whole
    case eachHead
}
