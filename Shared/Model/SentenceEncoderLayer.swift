internal import LinearAlgebra

/// x · Wᵀ + b.
struct BiasedProjection: Sendable {
    let weight: WeightMatrix
    let bias: [Float]

    func callAsFunction(_ x: Matrix) -> Matrix {
        var y = weight.product(with: x)
        y.addToRows(bias)
        return y
    }
}

/// Layer normalisation with its parameters.
struct BiasedNorm: Sendable {
    let weight: [Float]
    let bias: [Float]
    let epsilon: Float

    func callAsFunction(_ x: Matrix) -> Matrix {
        x.layerNormalised(weight: weight, bias: bias, epsilon: epsilon)
    }
}

/// One layer of BERT (Devlin and others 2018): attention to all of the sentence, then two products
/// with a GELU between; each adds to its input and is normalised after that.
struct SentenceEncoderLayer: Sendable {
    let query: BiasedProjection
    let key: BiasedProjection
    let value: BiasedProjection
    let attentionOutput: BiasedProjection
    let attentionNorm: BiasedNorm
    let intermediate: BiasedProjection
    let output: BiasedProjection
    let outputNorm: BiasedNorm
    let shape: AttentionShape

    /// `hidden` is [rows, hiddenSize]; each range of rows is one sentence.
    func callAsFunction(_ hidden: Matrix, sentences: [Range<Int>]) -> Matrix {
        var attended = attentionOutput(attend(hidden, sentences))
        attended += hidden
        let normalised = attentionNorm(attended)
        var inner = intermediate(normalised)  // [rows, intermediateSize]
        inner.gelu()
        var result = output(inner)
        result += normalised
        return outputNorm(result)
    }

    private func attend(_ hidden: Matrix, _ sentences: [Range<Int>]) -> Matrix {
        let keys = key(hidden)
        let values = value(hidden)
        let spans = sentences.map { rows in
            var cache = AttentionCache(width: hidden.columnCount)
            cache.append(keys: keys, values: values, rows: rows)
            return AttentionSpan(rows: rows, cache: cache)
        }
        return attention(queries: query(hidden), spans: spans, shape: shape)
    }
}
