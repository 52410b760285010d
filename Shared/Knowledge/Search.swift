/// Which sides of the index answer.
public enum SearchSides: Sendable, Equatable {
    case lexical
    case dense
    case hybrid(Fusion)
}

/// A query that was checked.
public struct SearchQuery: Sendable {
    /// Searched as one.
    public let collections: [String]
    /// As the user wrote it.
    public let text: String
    /// Hits that are wanted.
    public let limit: Int
    /// Words, vectors or both.
    public let sides: SearchSides

    /// Passages that one search may return.
    public static let limitMax = 200
    /// A longer query has no sharper meaning, and takes the embedder longer.
    public static let textByteCountMax = 32 << 10
    /// Each collection is a scan of its own.
    public static let collectionCountMax = 64

    /// Throws `invalidQuery` with the reason.
    public init(
        _ text: String, in collections: [String], limit: Int = 10,
        sides: SearchSides = .hybrid(.standard)
    ) throws(KnowledgeError) {
        guard (1...Self.limitMax).contains(limit) else {
            throw .invalidQuery("limit is \(limit) and must be 1 to \(Self.limitMax)")
        }
        guard text.utf8.count <= Self.textByteCountMax, text.contains(where: { !$0.isWhitespace })
        else {
            throw .invalidQuery("it must have words, and at most \(Self.textByteCountMax) bytes")
        }
        guard (1...Self.collectionCountMax).contains(collections.count),
            Set(collections).count == collections.count
        else {
            throw .invalidQuery(
                "it must name 1 to \(Self.collectionCountMax) different collections")
        }
        if case .hybrid(.convex(let weight)) = sides, !(0...1).contains(weight) {
            throw .invalidQuery("the lexical weight is \(weight) and must be 0 to 1")
        }
        self.collections = collections
        self.text = text
        self.limit = limit
        self.sides = sides
    }
}

/// A found passage and everything needed to cite it.
public struct Hit: Sendable, Equatable {
    /// Where the document is.
    public let collection: String
    /// The document's name.
    public let document: String
    /// The document's title.
    public let title: String
    /// SHA-256 of the document that `passage.byteRange` refers to.
    public let digest: [UInt8]
    /// Text, context and byte range.
    public let passage: Passage
    /// What the hits are ordered by.
    public let score: Float
    /// BM25; 0 when no word of the query occurs. Comparable within one answer only.
    public let lexicalScore: Float
    /// Cosine of the embeddings; 0 in a lexical search.
    public let denseScore: Float
}

/// What a search found.
public struct SearchAnswer: Sendable, Equatable {
    /// Best first.
    public let hits: [Hit]
    /// How the answer was found, for people.
    public let plan: String
    /// The last write that the answer may show.
    public let sequence: Int64
}
