internal import Checkpoint
internal import LinearAlgebra

extension ModelConfiguration {
    /// Reads the metadata of a GGUF file, and from its tensors what the format leaves unsaid.
    ///
    /// Throws `missing`, `invalid` or `unsupported`, each naming the key.
    init(gguf: GGUFFile) throws(ModelError) {
        let reader = ConfigurationReader(
            file: gguf.table.path, values: gguf.metadata.mapValues { ConfigurationValue($0) })
        let name = try reader.string("general.architecture")
        let prefix = name + "."
        let isSparse = reader.contains(prefix + "expert_count")
        let isShared = reader.contains(prefix + "expert_shared_feed_forward_length")
        let candidates = Architecture.all.filter { $0.ggufName == name }
        guard !candidates.isEmpty else {
            let known = Set(Architecture.all.map(\.ggufName)).sorted().joined(separator: ", ")
            throw reader.unsupported("general.architecture \(name) (supported: \(known))")
        }
        // Of two families with one name, one is dense or has no shared expert.
        let architecture =
            candidates.first {
                ($0.keys != nil) == isSparse
                    && ($0.keys?.sharedIntermediateSize != nil) == isShared
            } ?? candidates[0]
        self = try GGUFConfigurationReader(
            architecture: architecture, reader: reader, prefix: prefix, tensors: gguf.table
        ).configuration()
    }
}

private struct GGUFConfigurationReader {
    let architecture: Architecture
    let reader: ConfigurationReader
    let prefix: String
    let tensors: TensorTable

    func configuration() throws(ModelError) -> ModelConfiguration {
        let hiddenSize = try integer("embedding_length", ConfigurationMaxima.hiddenSizeMax)
        let layerCount = try integer("block_count", ConfigurationMaxima.layerCountMax)
        let headCount = try integer("attention.head_count", ConfigurationMaxima.headCountMax)
        let headSize = try headSize(hiddenSize / headCount)
        let isSparse = architecture.keys != nil
        let expertCount =
            try isSparse ? integer("expert_count", ConfigurationMaxima.expertCountMax) : 0
        let width = try integer("feed_forward_length", ConfigurationMaxima.intermediateSizeMax)
        return ModelConfiguration(
            family: architecture.huggingFaceName, vocabularySize: try vocabularySize(),
            hiddenSize: hiddenSize, layerCount: layerCount,
            contextLength: try integer("context_length", ConfigurationMaxima.contextLengthMax),
            expertCount: expertCount,
            topK: isSparse ? try integer("expert_used_count", expertCount) : 0,
            expertIntermediateSize: isSparse
                ? try integer(
                    "expert_feed_forward_length", ConfigurationMaxima.intermediateSizeMax,
                    default: width) : 0,
            headCount: headCount, keyValueHeadCount: try keyValueHeadCount(headCount),
            headSize: headSize, architecture: architecture, denseIntermediateSize: width,
            sharedIntermediateSize: try sharedIntermediateSize(),
            sparseLayers: Set(
                (0..<layerCount).filter { tensors.contains("blk.\($0).ffn_gate_inp.weight") }),
            normalisesTopK: try normalisesTopK(),
            normEpsilon: try reader.float(prefix + "attention.layer_norm_rms_epsilon", in: 0...1),
            hasBias: tensors.contains("blk.0.attn_q.bias"),
            hasOutputBias: tensors.contains("blk.0.attn_output.bias"),
            mask: try mask(),
            attentionScale: try multiplier(
                "attention.scale", default: 1 / Float(headSize).squareRoot()),
            queryKeyValueLimit: reader.contains(prefix + "attention.clamp_kqv")
                ? try reader.float(prefix + "attention.clamp_kqv", in: 0...1e9) : nil,
            embeddingMultiplier: try multiplier("embedding_scale", default: 1),
            residualMultiplier: try multiplier("residual_scale", default: 1),
            logitsDivisor: try multiplier("logit_scale", default: 1),
            rotary: try rotary(headSize), isHeadTied: nil)
    }

    private func integer(
        _ key: String, _ maximum: Int, default fallback: Int? = nil
    ) throws(ModelError) -> Int {
        try reader.integer(prefix + key, in: 1...maximum, default: fallback)
    }

    private func headSize(_ fallback: Int) throws(ModelError) -> Int {
        let maximum = ConfigurationMaxima.headSizeMax
        let size = try integer("attention.key_length", maximum, default: fallback)
        guard try integer("attention.value_length", maximum, default: size) == size else {
            throw reader.unsupported("attention.value_length different from key_length")
        }
        guard try integer("rope.dimension_count", maximum, default: size) == size else {
            throw reader.unsupported("rope.dimension_count below the head's length")
        }
        guard size.isMultiple(of: 2) else { throw reader.unsupported("odd attention.key_length") }
        return size
    }

    private func keyValueHeadCount(_ headCount: Int) throws(ModelError) -> Int {
        let count = try integer("attention.head_count_kv", headCount, default: headCount)
        guard headCount.isMultiple(of: count) else {
            let expected = "a divisor of attention.head_count"
            throw .invalid(
                key: prefix + "attention.head_count_kv", expected: expected, file: reader.file)
        }
        return count
    }

    /// The embedding has a row for every token, whatever the metadata says.
    private func vocabularySize() throws(ModelError) -> Int {
        guard let rows = tensors.byName["token_embd.weight"]?.info.shape.first,
            1...ConfigurationMaxima.vocabularySizeMax ~= rows
        else {
            throw .invalid(key: "token_embd.weight", expected: "an embedding", file: reader.file)
        }
        return rows
    }

    private func sharedIntermediateSize() throws(ModelError) -> Int? {
        guard architecture.keys?.sharedIntermediateSize != nil else { return nil }
        return try integer(
            "expert_shared_feed_forward_length", ConfigurationMaxima.intermediateSizeMax)
    }

    private func normalisesTopK() throws(ModelError) -> Bool {
        let scale = try reader.float(prefix + "expert_weights_scale", in: 0...1e6, default: 1)
        guard scale == 0 || scale == 1 else { throw reader.unsupported("expert_weights_scale") }
        return switch architecture.gate {
        case .topKThenSoftmax: false
        case .softmaxThenTopK(.always): true
        case .softmaxThenTopK(.configured(let fallback)):
            try reader.boolean(prefix + "expert_weights_norm", default: fallback)
        }
    }

    private func mask() throws(ModelError) -> AttentionMask {
        let key = "attention.sliding_window"
        guard reader.contains(prefix + key) else { return .causal }
        return .sliding(try integer(key, ConfigurationMaxima.contextLengthMax))
    }

    private func multiplier(_ key: String, default fallback: Float) throws(ModelError) -> Float {
        guard architecture.hasMultipliers else { return fallback }
        return try reader.float(prefix + key, in: 1e-6...1e6, default: fallback)
    }

    /// `rope_freqs.weight`, where a file has it, divides each frequency (Llama 3.1).
    private func rotary(_ headSize: Int) throws(ModelError) -> RotaryEmbedding {
        let base = try reader.float(prefix + "rope.freq_base", in: 1...1e12, default: 10_000)
        let scaling = try RotaryScaling(gguf: reader, prefix: prefix)
        var frequencies = scaling.apply(
            to: RotaryEmbedding.frequencies(base: base, size: headSize))
        if tensors.contains("rope_freqs.weight") {
            let loader = WeightLoader(tensors: tensors, path: tensors.path)
            let divisors = try loader.vector("rope_freqs.weight", count: headSize / 2)
            frequencies = zip(frequencies, divisors).map { $0 / $1 }
        }
        return RotaryEmbedding(pairing: architecture.ggufPairing, frequencies: frequencies)
    }
}
