public import Checkpoint
public import Tokenization

/// A model directory, ready to run: trunk, tokenizer and chat template. The experts stay where they
/// are.
public struct LoadedModel: Sendable {
    public let directory: CheckpointDirectory
    public let decoder: Decoder
    public let tokenizer: Tokenizer
    /// Nil when the model brings none.
    public let chatTemplate: ChatTemplate?
    /// Nil for a model that was not taught to refuse.
    public let refusal: Refusal?

    /// The artifact of each expert, layer × expert; empty for a dense layer.
    public var experts: [[ArtifactDigest]] { directory.manifest.layers }

    /// Throws `checkpoint` when a file is missing or damaged, `tokenization` when tokenizer or
    /// template are none that is understood, and whatever `Decoder` throws.
    public init(path: String) throws(ModelError) {
        do {
            directory = try CheckpointDirectory(path: path)
            decoder = try Decoder(directory: directory)
            tokenizer = try Self.tokenizer(directory)
            chatTemplate = try tokenizer.chatTemplateSource.map { try ChatTemplate($0) }
            refusal = try directory.refusal()
        } catch let error as ModelError {
            throw error
        } catch let error as CheckpointError {
            throw .checkpoint(error)
        } catch let error as TokenizationError {
            throw .tokenization(error)
        } catch {
            throw .unsupported(feature: "\(error)", file: path)
        }
        try checkExperts()
    }

    /// The manifest must have the experts that the configuration speaks of.
    private func checkExperts() throws(ModelError) {
        let configuration = decoder.configuration
        for layer in 0..<configuration.layerCount {
            let expected = configuration.isSparse(layer) ? configuration.expertCount : 0
            let found = layer < experts.count ? experts[layer].count : 0
            guard found == expected else {
                let wanted = "\(expected) experts in layer \(layer), as the configuration says"
                throw .invalid(
                    key: "layers", expected: wanted, file: directory.path + "/manifest.json")
            }
        }
    }

    /// From `tokenizer.json` where there is one, else from the GGUF trunk's metadata.
    private static func tokenizer(_ checkpoint: CheckpointDirectory) throws -> Tokenizer {
        guard let json = try checkpoint.text("tokenizer.json") else {
            guard let gguf = checkpoint.gguf else {
                throw ModelError.missing(key: "tokenizer.json", file: checkpoint.path)
            }
            return try Tokenizer(gguf: try GGUFVocabulary(gguf))
        }
        let template = try checkpoint.text("chat_template.jinja")
        return try Tokenizer(
            huggingFace: json, configuration: try checkpoint.text("tokenizer_config.json"),
            chatTemplate: template.map { String(decoding: $0, as: UTF8.self) })
    }
}

extension GGUFVocabulary {
    /// The `tokenizer.ggml.…` metadata. Throws `missing` when it is not there.
    init(_ gguf: GGUFFile) throws(ModelError) {
        let value = { (key: String) in gguf.metadata["tokenizer.ggml." + key] }
        guard let model = value("model")?.string, let tokens = value("tokens")?.strings else {
            throw .missing(key: "tokenizer.ggml.model and tokens", file: gguf.table.path)
        }
        self.init(model: model, preTokenizer: value("pre")?.string, tokens: tokens)
        let token = { (key: String) in
            value(key + "_token_id")?.integer.flatMap(TokenID.init(exactly:))
        }
        scores = value("scores")?.numbers?.map(Float.init) ?? []
        tokenTypes = value("token_type")?.integers?.map(Int32.init(clamping:)) ?? []
        merges = value("merges")?.strings ?? []
        beginOfSequence = token("bos")
        endOfSequence = ["eos", "eot", "eom"].compactMap(token)
        unknown = token("unknown")
        padding = token("padding")
        addsBeginOfSequence = value("add_bos_token")?.boolean
        addsEndOfSequence = value("add_eos_token")?.boolean
        addsSpacePrefix = value("add_space_prefix")?.boolean
        chatTemplate = gguf.metadata["tokenizer.chat_template"]?.string
    }
}
