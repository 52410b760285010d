internal import LinearAlgebra

/// The numbers of a model, validated: every one is positive and small enough that shapes fit an
/// Int32.
public struct ModelConfiguration: Sendable {
    /// The family, as `config.json` spells it: "llama", "granitemoeshared" …
    public let family: String
    public let vocabularySize: Int
    public let hiddenSize: Int
    public let layerCount: Int
    /// The most positions that the model was made for.
    public let contextLength: Int
    /// Experts of a sparse layer; 0 in a dense model.
    public let expertCount: Int
    /// Experts that a token visits in a sparse layer.
    public let topK: Int
    /// Width of one routed expert; 0 in a dense model.
    public let expertIntermediateSize: Int

    public let headCount: Int
    public let keyValueHeadCount: Int
    public let headSize: Int

    let architecture: Architecture
    /// Width of a dense layer's block.
    let denseIntermediateSize: Int
    /// Width of the expert that every token of a sparse layer visits; nil when there is none.
    let sharedIntermediateSize: Int?
    let sparseLayers: Set<Int>
    let normalisesTopK: Bool
    let normEpsilon: Float
    let hasBias: Bool
    let hasOutputBias: Bool
    let mask: AttentionMask
    let attentionScale: Float
    let queryKeyValueLimit: Float?
    let embeddingMultiplier: Float
    let residualMultiplier: Float
    let logitsDivisor: Float
    let rotary: RotaryEmbedding
    /// Nil when the file does not say: then the head is tied if there is no tensor for it.
    let isHeadTied: Bool?

    /// Whether the layer's feed-forward block has routed experts.
    public func isSparse(_ layer: Int) -> Bool { sparseLayers.contains(layer) }

    var keyValueWidth: Int { keyValueHeadCount * headSize }
    var queryWidth: Int { headCount * headSize }

    var attentionShape: AttentionShape {
        AttentionShape(
            headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
            scale: attentionScale, mask: mask)
    }
}

/// What a configuration may say at most: more than any published model, little enough that a row of
/// activations takes a few megabytes and every dimension fits BLAS's Int32.
enum ConfigurationMaxima {
    static let layerCountMax = 1024
    static let hiddenSizeMax = 1 << 15
    static let headCountMax = 1024
    static let headSizeMax = 1024
    static let intermediateSizeMax = 1 << 18
    static let vocabularySizeMax = 1 << 20
    static let contextLengthMax = 1 << 24
    static let expertCountMax = 4096
}
