public import Checkpoint
public import LinearAlgebra
public import Tokenization

/// The trunk of a decoder model: all that is not a routed expert. Immutable; any number of steps
/// may use it.
///
/// A step goes `embed`, then for each layer `attend`, `normalise`, `route` and the experts wherever
/// they are, `local` meanwhile, `finish`; then `logits` of the rows that are needed, and the
/// batch's `commit`.
public final class Decoder: Sendable {
    public let configuration: ModelConfiguration
    private let embedding: WeightMatrix  // [vocabularySize, hiddenSize]
    private let layers: [DecoderLayer]
    private let outputNorm: [Float]
    private let head: WeightMatrix  // [vocabularySize, hiddenSize]

    /// Maps the trunk of a model directory. Throws when its configuration is not supported, or when
    /// a tensor is missing or has another shape than the configuration says.
    public init(directory: CheckpointDirectory) throws(ModelError) {
        let configuration = try ModelConfiguration(directory: directory)
        let table = directory.trunk.table
        let trunk = TrunkLoader(
            loader: WeightLoader(tensors: table, path: table.path),
            spelling: directory.gguf == nil ? .huggingFace : .gguf)
        let (vocabularySize, hiddenSize) = (configuration.vocabularySize, configuration.hiddenSize)
        embedding = try trunk.matrix(.embedding, vocabularySize, hiddenSize)
        outputNorm = try trunk.vector(.outputNorm, count: hiddenSize)
        let isTied = configuration.isHeadTied ?? !trunk.contains(.head)
        head = isTied ? embedding : try trunk.matrix(.head, vocabularySize, hiddenSize)
        var layers: [DecoderLayer] = []
        for layer in 0..<configuration.layerCount {
            layers.append(try DecoderLayer(layer, configuration, trunk))
        }
        self.layers = layers
        self.configuration = configuration
    }

    /// [tokens.count, hiddenSize]. Tokens must be in the vocabulary.
    public func embed(_ tokens: [TokenID]) -> Matrix {
        var rows = embedding.rows(at: tokens.map(Int.init))
        if configuration.embeddingMultiplier != 1 {
            rows.scale(by: configuration.embeddingMultiplier)
        }
        return rows
    }

    /// Adds the layer's attention to `hidden` [batch.rowCount, hiddenSize], and its keys and values
    /// to the batch's caches.
    public func attend(_ hidden: inout Matrix, layer: Int, batch: StepBatch) {
        let weights = layers[layer]
        let normalised = hidden.rmsNormalised(
            weight: weights.attentionNorm, epsilon: configuration.normEpsilon)
        var queries = prepare(weights.query(normalised), norm: weights.queryNorm)
        var keys = prepare(weights.key(normalised), norm: weights.keyNorm)
        let values = prepare(weights.value(normalised), norm: nil)
        queries.rotate(by: batch.angles, headSize: configuration.headSize)
        keys.rotate(by: batch.angles, headSize: configuration.headSize)
        let spans = batch.spans.map { span in
            AttentionSpan(
                rows: span.rows,
                cache: span.cache.extend(layer: layer, keys: keys, values: values, rows: span.rows))
        }
        let attended = attention(
            queries: queries, spans: spans, shape: configuration.attentionShape)
        hidden.add(
            weights.attentionOutput(attended), scaledBy: configuration.residualMultiplier)
    }

    private func prepare(_ projected: Matrix, norm: [Float]?) -> Matrix {
        var rows = projected
        if let norm {
            rows = rows.rmsNormalisedGroups(weight: norm, epsilon: configuration.normEpsilon)
        }
        if let limit = configuration.queryKeyValueLimit { rows.clamp(to: limit) }
        return rows
    }

    /// What the layer's feed-forward block sees, experts and gate included: [rows, hiddenSize].
    public func normalise(_ hidden: Matrix, layer: Int) -> Matrix {
        hidden.rmsNormalised(
            weight: layers[layer].feedForwardNorm, epsilon: configuration.normEpsilon)
    }

    /// The experts of each row; empty for a dense layer.
    ///
    /// - Parameter replacement: takes the place of the trunk's gate; at least `topK` experts.
    public func route(
        _ normalised: Matrix, layer: Int, replacement: GateMatrix? = nil
    ) -> [Routing] {
        guard let gate = layers[layer].gate else { return [] }
        return (replacement.map(gate.replacing) ?? gate).route(normalised)
    }

    /// The trunk's gate, as floats; nil for a dense layer.
    public func gateMatrix(layer: Int) -> GateMatrix? {
        layers[layer].gate.map { GateMatrix($0.weight.dequantised()) }
    }

    /// The dense block, or the expert that every token visits; nil when the layer has neither.
    public func local(_ normalised: Matrix, layer: Int) -> Matrix? {
        guard let local = layers[layer].local else { return nil }
        var result = local(normalised)
        if let localSwitch = layers[layer].localSwitch {
            var shares = localSwitch.product(with: normalised)  // [rows, 1]
            shares.sigmoid()
            result.scaleRows(by: shares.elements)
        }
        return result
    }

    /// Adds the feed-forward block's outputs, each [rows, hiddenSize], to `hidden`.
    public func finish(_ hidden: inout Matrix, layer: Int, local: Matrix?, routed: Matrix?) {
        guard var sum = local ?? routed else { return }
        if local != nil, let routed { sum += routed }
        hidden.add(sum, scaledBy: configuration.residualMultiplier)
    }

    /// Final norm and head of the given rows: [rows, vocabularySize].
    public func logits(_ hidden: Matrix) -> Matrix {
        let normalised = hidden.rmsNormalised(
            weight: outputNorm, epsilon: configuration.normEpsilon)
        var logits = head.product(with: normalised)
        if configuration.logitsDivisor != 1 { logits.scale(by: 1 / configuration.logitsDivisor) }
        return logits
    }
}
