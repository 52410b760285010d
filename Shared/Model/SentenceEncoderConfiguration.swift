internal import Checkpoint

/// The sizes of a BERT encoder, and how it was trained to make one vector of a text.
struct SentenceEncoderConfiguration: Sendable, Equatable {
    let layerCount: Int
    let hiddenSize: Int
    let headCount: Int
    let intermediateSize: Int
    let vocabularySize: Int
    /// Rows of the position table.
    let positionCount: Int
    /// Rows of the token type table, of which a lone sentence uses the first.
    let tokenTypeCount: Int
    let epsilon: Float
    /// Longer texts lose their end.
    let tokenCountMax: Int

    var headSize: Int { hiddenSize / headCount }

    /// From `config.json`, `sentence_bert_config.json` (token limit) and `1_Pooling/config.json`;
    /// the last two may be missing. Throws `missing`, `invalid` or `unsupported`.
    init(
        config: ConfigurationReader, sentence: ConfigurationReader?, pooling: ConfigurationReader?
    ) throws(ModelError) {
        try Self.requireBERT(config)
        try Self.requireMean(pooling)
        layerCount = try config.integer("num_hidden_layers", in: 1...256)
        hiddenSize = try config.integer("hidden_size", in: 1...65_536)
        headCount = try config.integer("num_attention_heads", in: 1...1024)
        intermediateSize = try config.integer("intermediate_size", in: 1...1_048_576)
        vocabularySize = try config.integer("vocab_size", in: 1...16_777_216)
        positionCount = try config.integer("max_position_embeddings", in: 2...1_048_576)
        tokenTypeCount = try config.integer("type_vocab_size", in: 1...1024, default: 2)
        epsilon = try config.float("layer_norm_eps", in: 0...1)
        // Two tokens are the least: every text stands between a first and a last special token.
        tokenCountMax =
            try sentence?.integer("max_seq_length", in: 2...positionCount) ?? positionCount
        guard hiddenSize.isMultiple(of: headCount) else {
            throw config.unsupported("hidden_size \(hiddenSize) for \(headCount) heads")
        }
    }

    private static func requireBERT(_ config: ConfigurationReader) throws(ModelError) {
        let type = try config.string("model_type")
        guard type == "bert" else { throw config.unsupported("sentence encoder \(type)") }
        let activation = try config.string("hidden_act", default: "gelu")
        guard activation == "gelu" else { throw config.unsupported("activation \(activation)") }
        let positions = try config.string("position_embedding_type", default: "absolute")
        guard positions == "absolute" else { throw config.unsupported("\(positions) positions") }
    }

    private static func requireMean(_ pooling: ConfigurationReader?) throws(ModelError) {
        guard let pooling else { return }
        let others = [
            "pooling_mode_cls_token", "pooling_mode_max_tokens",
            "pooling_mode_mean_sqrt_len_tokens",
        ]
        guard try pooling.boolean("pooling_mode_mean_tokens", default: true) else {
            throw pooling.unsupported("pooling without pooling_mode_mean_tokens")
        }
        for other in others where try pooling.boolean(other, default: false) {
            throw pooling.unsupported("pooling with \(other)")
        }
    }
}
