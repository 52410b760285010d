internal import LinearAlgebra

/// A projection with its bias, where it has one.
struct Projection: Sendable {
    let weight: WeightMatrix
    let bias: [Float]?

    func callAsFunction(_ rows: Matrix) -> Matrix {
        var result = weight.product(with: rows)
        if let bias { result.addToRows(bias) }
        return result
    }
}

/// The trunk of one layer: everything but the routed experts.
struct DecoderLayer: Sendable {
    let attentionNorm: [Float]
    let query: Projection
    let key: Projection
    let value: Projection
    let attentionOutput: Projection
    let queryNorm: [Float]?
    let keyNorm: [Float]?
    let feedForwardNorm: [Float]
    /// Nil in a dense layer.
    let gate: Gate?
    /// The block of a dense layer, or the expert that every token visits.
    let local: FeedForward?
    /// Its sigmoid scales `local`: [1, hiddenSize].
    let localSwitch: WeightMatrix?
}

extension DecoderLayer {
    init(
        _ layer: Int, _ configuration: ModelConfiguration, _ trunk: TrunkLoader
    ) throws(ModelError) {
        let reader = LayerReader(layer: layer, configuration: configuration, trunk: trunk)
        let hiddenSize = configuration.hiddenSize
        let (query, keyValue) = (configuration.queryWidth, configuration.keyValueWidth)
        let isSparse = configuration.isSparse(layer)
        self.init(
            attentionNorm: try trunk.vector(.attentionNorm, layer: layer, count: hiddenSize),
            query: try reader.projection(.query, query, hiddenSize),
            key: try reader.projection(.key, keyValue, hiddenSize),
            value: try reader.projection(.value, keyValue, hiddenSize),
            attentionOutput: try reader.projection(.attentionOutput, hiddenSize, query),
            queryNorm: try reader.headNorm(.queryNorm, query),
            keyNorm: try reader.headNorm(.keyNorm, keyValue),
            feedForwardNorm: try trunk.vector(.feedForwardNorm, layer: layer, count: hiddenSize),
            gate: isSparse ? try reader.gate() : nil,
            local: try reader.local(isSparse: isSparse),
            localSwitch: isSparse && trunk.contains(.localSwitch, layer: layer)
                ? try trunk.matrix(.localSwitch, layer: layer, 1, hiddenSize) : nil)
    }
}

private struct LayerReader {
    let layer: Int
    let configuration: ModelConfiguration
    let trunk: TrunkLoader

    func projection(
        _ role: TensorRole, _ rowCount: Int, _ columnCount: Int
    ) throws(ModelError) -> Projection {
        let isOutput = role == .attentionOutput
        let hasBias = isOutput ? configuration.hasOutputBias : configuration.hasBias
        return Projection(
            weight: try trunk.matrix(role, layer: layer, rowCount, columnCount),
            bias: hasBias
                ? try trunk.vector(role, layer: layer, count: rowCount, suffix: "bias") : nil)
    }

    func headNorm(_ role: TensorRole, _ width: Int) throws(ModelError) -> [Float]? {
        switch configuration.architecture.queryKeyNorm {
        case .none: nil
        case .whole: try trunk.vector(role, layer: layer, count: width)
        case .eachHead: try trunk.vector(role, layer: layer, count: configuration.headSize)
        }
    }

    func gate() throws(ModelError) -> Gate {
        Gate(
            weight: try trunk.matrix(
                .gate, layer: layer, configuration.expertCount, configuration.hiddenSize),
            rule: configuration.architecture.gate, normalises: configuration.normalisesTopK,
            topK: configuration.topK)
    }

    func local(isSparse: Bool) throws(ModelError) -> FeedForward? {
        let width =
            isSparse ? configuration.sharedIntermediateSize : configuration.denseIntermediateSize
        guard let width else { return nil }
        let hiddenSize = configuration.hiddenSize
        let input: FeedForward.Input
        if trunk.contains(.localGateUp, layer: layer) {
            input = .halves(try trunk.matrix(.localGateUp, layer: layer, 2 * width, hiddenSize))
        } else {
            input = .separate(
                gate: try trunk.matrix(.localGate, layer: layer, width, hiddenSize),
                up: try trunk.matrix(.localUp, layer: layer, width, hiddenSize))
        }
        return FeedForward(
            input: input, down: try trunk.matrix(.localDown, layer: layer, hiddenSize, width))
    }
}
