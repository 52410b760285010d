internal import Knowledge
internal import LinearAlgebra
internal import Model
internal import Storage

/// Where texts become vectors: one batch after the other, on a thread that no socket waits for.
actor EncoderThread: ThreadBound {
    nonisolated let thread = SerialThread()
    nonisolated let encoder: SentenceEncoder

    init(path: String) throws { encoder = try SentenceEncoder(path: path) }

    /// One vector a text, and how many tokens the encoder read.
    func embed(_ texts: [String]) -> (vectors: Matrix, tokenCount: Int) {
        let tokens = texts.map(encoder.tokens(of:))
        return (encoder.embed(tokens: tokens), tokens.reduce(0) { $0 + $1.count })
    }

    /// The store's view of this encoder.
    nonisolated func embedder(identity: String) -> Embedder {
        Embedder(
            identity: identity, dimension: encoder.dimension,
            tokenCount: { [encoder] in max(0, encoder.tokens(of: $0).count - Self.specialTokenCount)
            },
            embed: { [self] texts in
                let vectors = await embed(texts).vectors
                return (0..<vectors.rowCount).map { Array(vectors.row($0)) }
            })
    }

    /// [CLS] before and [SEP] after every text.
    private static let specialTokenCount = 2
}
