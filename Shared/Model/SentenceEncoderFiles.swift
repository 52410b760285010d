internal import Checkpoint
internal import JSON
internal import LinearAlgebra
internal import Tokenization

/// The files of a sentence encoder's directory, and its tensors by what they are for.
struct SentenceEncoderFiles {
    let configuration: SentenceEncoderConfiguration
    let tokenizer: Tokenizer
    private let loader: WeightLoader

    /// Throws `checkpoint`, `tokenization`, `missing`, `invalid` or `unsupported`.
    init(path: String) throws(ModelError) {
        let directory = EncoderDirectory(path: path)
        configuration = try SentenceEncoderConfiguration(
            config: directory.reader("config.json"),
            sentence: directory.readerIfThere("sentence_bert_config.json"),
            pooling: directory.readerIfThere("1_Pooling/config.json"))
        tokenizer = try directory.tokenizer()
        loader = try directory.loader()
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            let tokens = "\(tokenizer.vocabularySize) tokens"
            throw .unsupported(
                feature: "tokenizer of \(tokens) for \(configuration.vocabularySize) embeddings",
                file: path)
        }
    }

    func words() throws(ModelError) -> WeightMatrix {
        try loader.matrix(
            "embeddings.word_embeddings.weight", configuration.vocabularySize,
            configuration.hiddenSize)
    }

    /// The position table, with the first token type's vector added to every row.
    func positions() throws(ModelError) -> Matrix {
        var positions = try loader.matrix(
            "embeddings.position_embeddings.weight", configuration.positionCount,
            configuration.hiddenSize
        ).dequantised()
        let types = try loader.matrix(
            "embeddings.token_type_embeddings.weight", configuration.tokenTypeCount,
            configuration.hiddenSize)
        positions.addToRows(types.row(0))
        return positions
    }

    func layer(_ index: Int) throws(ModelError) -> SentenceEncoderLayer {
        let name = "encoder.layer.\(index)."
        let (hidden, inner) = (configuration.hiddenSize, configuration.intermediateSize)
        return SentenceEncoderLayer(
            query: try projection(name + "attention.self.query", hidden, hidden),
            key: try projection(name + "attention.self.key", hidden, hidden),
            value: try projection(name + "attention.self.value", hidden, hidden),
            attentionOutput: try projection(name + "attention.output.dense", hidden, hidden),
            attentionNorm: try norm(name + "attention.output.LayerNorm"),
            intermediate: try projection(name + "intermediate.dense", inner, hidden),
            output: try projection(name + "output.dense", hidden, inner),
            outputNorm: try norm(name + "output.LayerNorm"), shape: attentionShape)
    }

    private var attentionShape: AttentionShape {
        AttentionShape(
            headCount: configuration.headCount, keyValueHeadCount: configuration.headCount,
            headSize: configuration.headSize, scale: 1 / Float(configuration.headSize).squareRoot(),
            mask: .none)
    }

    private func projection(
        _ name: String, _ outputSize: Int, _ inputSize: Int
    ) throws(ModelError) -> BiasedProjection {
        BiasedProjection(
            weight: try loader.matrix(name + ".weight", outputSize, inputSize),
            bias: try loader.vector(name + ".bias", count: outputSize))
    }

    func norm(_ name: String) throws(ModelError) -> BiasedNorm {
        BiasedNorm(
            weight: try loader.vector(name + ".weight", count: configuration.hiddenSize),
            bias: try loader.vector(name + ".bias", count: configuration.hiddenSize),
            epsilon: configuration.epsilon)
    }
}

/// Reads the files, turning their errors into the room's.
private struct EncoderDirectory {
    let path: String

    func reader(_ name: String) throws(ModelError) -> ConfigurationReader {
        guard let reader = try readerIfThere(name) else { throw .missing(key: name, file: path) }
        return reader
    }

    func readerIfThere(_ name: String) throws(ModelError) -> ConfigurationReader? {
        guard let bytes = try bytes(name) else { return nil }
        let file = path + "/" + name
        do {
            return ConfigurationReader(file: file, json: try JSONValue(parsing: bytes, path: file))
        } catch { throw .checkpoint(error) }
    }

    func tokenizer() throws(ModelError) -> Tokenizer {
        guard let json = try bytes("tokenizer.json") else {
            throw .missing(key: "tokenizer.json", file: path)
        }
        let configuration = try bytes("tokenizer_config.json")
        do { return try Tokenizer(huggingFace: json, configuration: configuration) } catch {
            throw .tokenization(error)
        }
    }

    func loader() throws(ModelError) -> WeightLoader {
        let file = path + "/model.safetensors"
        do { return WeightLoader(tensors: try SafetensorsFile(path: file).table, path: file) } catch
        {
            throw .checkpoint(error)
        }
    }

    private func bytes(_ name: String) throws(ModelError) -> [UInt8]? {
        do { return try CheckpointDirectory.text(name, in: path) } catch {
            throw .checkpoint(error)
        }
    }
}
