/// What turns text into vectors, as far as the store needs to know it.
public struct Embedder: Sendable {
    /// Names model and weights; vectors of different identities are never compared.
    public let identity: String
    /// Numbers in a vector.
    public let dimension: Int
    /// Word pieces that the model makes of a text, without the special ones.
    public let tokenCount: @Sendable (String) -> Int
    /// One vector of length 1 for each text, in order.
    public let embed: @Sendable ([String]) async throws -> [[Float]]

    /// The parts, as described above.
    public init(
        identity: String, dimension: Int, tokenCount: @escaping @Sendable (String) -> Int,
        embed: @escaping @Sendable ([String]) async throws -> [[Float]]
    ) {
        self.identity = identity
        self.dimension = dimension
        self.tokenCount = tokenCount
        self.embed = embed
    }

    /// Texts given to the model at once: enough to fill a matrix product, few enough to be
    /// cancelled soon.
    public static let batchCount = 32

    /// Embeds any number of texts, a batch at a time; stops between batches when the task is
    /// cancelled.
    func vectors(of texts: [String]) async throws -> [[Float]] {
        var vectors: [[Float]] = []
        for start in stride(from: 0, to: texts.count, by: Self.batchCount) {
            try Task.checkCancellation()
            let batch = Array(texts[start..<min(start + Self.batchCount, texts.count)])
            vectors += try checked(await embed(batch), count: batch.count)
        }
        return vectors
    }

    private func checked(_ vectors: [[Float]], count: Int) throws(KnowledgeError) -> [[Float]] {
        guard vectors.count == count else {
            throw .invalidEmbedding("\(vectors.count) vectors for \(count) texts")
        }
        guard vectors.allSatisfy({ $0.count == dimension && $0.allSatisfy(\.isFinite) }) else {
            throw .invalidEmbedding("a vector is not \(dimension) finite numbers")
        }
        return vectors
    }
}
