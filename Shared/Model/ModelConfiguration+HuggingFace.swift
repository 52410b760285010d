internal import Checkpoint
internal import JSON
internal import LinearAlgebra

extension ModelConfiguration {
    /// Reads a `config.json`. `pairing` says how the rows of query and key are stored.
    ///
    /// Throws `missing`, `invalid` or `unsupported`, each naming the key.
    init(json: JSONValue, file: String, pairing: RotaryPairing) throws(ModelError) {
        let reader = ConfigurationReader(file: file, json: json)
        let type = try reader.string("model_type")
        guard let architecture = Architecture.all.first(where: { $0.huggingFaceName == type })
        else {
            let known = Architecture.all.map(\.huggingFaceName).joined(separator: ", ")
            throw reader.unsupported("model_type \(type) (supported: \(known))")
        }
        let source = HuggingFaceReader(architecture: architecture, reader: reader)
        try source.checkUnsupported()
        self = try source.configuration(pairing: pairing)
    }
}

private struct HuggingFaceReader {
    let architecture: Architecture
    let reader: ConfigurationReader

    /// Refuses by name what would otherwise be computed wrongly.
    func checkUnsupported() throws(ModelError) {
        let activation = try reader.string("hidden_act", default: "silu")
        guard activation == "silu" || activation == "swish" else {
            throw reader.unsupported("hidden_act \(activation)")
        }
        for key in ["mlp_bias", "use_sliding_window"] where try reader.boolean(key, default: false)
        {
            throw reader.unsupported(key)
        }
        if reader.contains("quantization_config") {
            throw reader.unsupported("quantization_config")
        }
    }

    func configuration(pairing: RotaryPairing) throws(ModelError) -> ModelConfiguration {
        let hiddenSize = try integer("hidden_size", ConfigurationMaxima.hiddenSizeMax)
        let layerCount = try integer("num_hidden_layers", ConfigurationMaxima.layerCountMax)
        let headCount = try integer("num_attention_heads", ConfigurationMaxima.headCountMax)
        let headSize = try integer(
            "head_dim", ConfigurationMaxima.headSizeMax, default: hiddenSize / headCount)
        let expertCount = try expertCount()
        let (hasBias, hasOutputBias) = try biases()
        return ModelConfiguration(
            family: architecture.huggingFaceName,
            vocabularySize: try integer("vocab_size", ConfigurationMaxima.vocabularySizeMax),
            hiddenSize: hiddenSize, layerCount: layerCount,
            contextLength: try integer(
                "max_position_embeddings", ConfigurationMaxima.contextLengthMax),
            expertCount: expertCount,
            topK: expertCount == 0
                ? 0 : try reader.integer("num_experts_per_tok", in: 1...expertCount),
            expertIntermediateSize: try intermediateSize(architecture.keys?.intermediateSize) ?? 0,
            headCount: headCount, keyValueHeadCount: try keyValueHeadCount(headCount),
            headSize: headSize, architecture: architecture,
            denseIntermediateSize: try intermediateSize("intermediate_size") ?? 0,
            sharedIntermediateSize: try intermediateSize(architecture.keys?.sharedIntermediateSize),
            sparseLayers: expertCount == 0 ? [] : try sparseLayers(layerCount),
            normalisesTopK: try normalisesTopK(),
            normEpsilon: try reader.float("rms_norm_eps", in: 0...1),
            hasBias: hasBias, hasOutputBias: hasOutputBias, mask: try mask(),
            attentionScale: try multiplier(
                "attention_multiplier", default: 1 / Float(headSize).squareRoot()),
            queryKeyValueLimit: reader.contains("clip_qkv")
                ? try reader.float("clip_qkv", in: 0...1e9) : nil,
            embeddingMultiplier: try multiplier("embedding_multiplier", default: 1),
            residualMultiplier: try multiplier("residual_multiplier", default: 1),
            logitsDivisor: try multiplier("logits_scaling", default: 1),
            rotary: try rotary(pairing, headSize),
            isHeadTied: reader.contains("tie_word_embeddings")
                ? try reader.boolean("tie_word_embeddings") : nil)
    }

    private func integer(
        _ key: String, _ maximum: Int, default fallback: Int? = nil
    ) throws(ModelError) -> Int {
        try reader.integer(key, in: 1...maximum, default: fallback)
    }

    private func keyValueHeadCount(_ headCount: Int) throws(ModelError) -> Int {
        let count = try reader.integer("num_key_value_heads", in: 1...headCount, default: headCount)
        guard headCount.isMultiple(of: count) else {
            let expected = "a divisor of num_attention_heads"
            throw .invalid(key: "num_key_value_heads", expected: expected, file: reader.file)
        }
        return count
    }

    private func expertCount() throws(ModelError) -> Int {
        guard architecture.keys != nil else { return 0 }
        // transformers 5 writes the first for families whose published checkpoints have the second.
        let key = ["num_local_experts", "num_experts"].first(where: reader.contains)
        return try integer(key ?? "num_experts", ConfigurationMaxima.expertCountMax)
    }

    private func intermediateSize(_ key: String?) throws(ModelError) -> Int? {
        guard let key else { return nil }
        return try integer(key, ConfigurationMaxima.intermediateSizeMax)
    }

    /// Qwen's configurations may make some layers dense.
    private func sparseLayers(_ layerCount: Int) throws(ModelError) -> Set<Int> {
        let step = try reader.integer("decoder_sparse_step", in: 1...layerCount, default: 1)
        let dense = Set(try reader.integers("mlp_only_layers"))
        return Set((0..<layerCount).filter { ($0 + 1).isMultiple(of: step) && !dense.contains($0) })
    }

    private func normalisesTopK() throws(ModelError) -> Bool {
        switch architecture.gate {
        case .topKThenSoftmax: false
        case .softmaxThenTopK(.always): true
        case .softmaxThenTopK(.configured): try reader.boolean("norm_topk_prob", default: false)
        }
    }

    private func biases() throws(ModelError) -> (queryKeyValue: Bool, output: Bool) {
        guard case .configured(let key, let fallback, let includesOutput) = architecture.bias else {
            return (false, false)
        }
        let isPresent = try reader.boolean(key, default: fallback)
        return (isPresent, isPresent && includesOutput)
    }

    /// Where the family has a window, the key is null when the model does not use it. Qwen's
    /// configurations always name one; they use it only where `use_sliding_window` says so, which
    /// is refused above.
    private func mask() throws(ModelError) -> AttentionMask {
        guard reader.contains("sliding_window"), !reader.contains("use_sliding_window") else {
            return .causal
        }
        return .sliding(try integer("sliding_window", ConfigurationMaxima.contextLengthMax))
    }

    private func multiplier(_ key: String, default fallback: Float) throws(ModelError) -> Float {
        guard architecture.hasMultipliers else { return fallback }
        // Granite's own default is 1, not what other families compute with.
        return try reader.float(key, in: 1e-6...1e6, default: 1)
    }

    private func rotary(
        _ pairing: RotaryPairing, _ headSize: Int
    ) throws(ModelError) -> RotaryEmbedding {
        if try reader.float("partial_rotary_factor", in: 0...1, default: 1) != 1 {
            throw reader.unsupported("partial_rotary_factor")
        }
        guard headSize.isMultiple(of: 2) else { throw reader.unsupported("odd head_dim") }
        let parameters = try reader.object("rope_parameters")
        let older = try reader.object("rope_scaling")
        let scaling = try RotaryScaling(parameters ?? older)
        let base = try (parameters ?? reader).float("rope_theta", in: 1...1e12, default: 10_000)
        let frequencies = RotaryEmbedding.frequencies(base: base, size: headSize)
        return RotaryEmbedding(pairing: pairing, frequencies: scaling.apply(to: frequencies))
    }
}
