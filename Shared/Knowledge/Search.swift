/// Which sides of the index answer.
public enum SearchSides: Sendable, Equatable {
    case lexical
    case dense
    case hybrid(Fusion)
}

/// A query that was checked.
public struct SearchQuery: Sendable {
    public let collections: [String]
    public let text: String
    public let limit: Int
    public let sides: SearchSides

    /// Passages that one search may return.
    public static let limitMax = 200
    public static let textByteCountMax = 32 << 10
    public static let collectionCountMax = 64

    /// Throws `invalidQuery` with the reason.
    public init(
        _ text: String, in collections: [String], limit: Int = 10, sides: SearchSides = .hybrid(.standard)
    ) throws(KnowledgeError) {
        guard (1...Self.limitMax).contains(limit) else {
            throw .invalidQuery("limit is \(limit) and must be 1 to \(Self.limitMax)")
        }
        guard text.utf8.count <= Self.textByteCountMax, text.contains(where: { !$0.isWhitespace }) else {
            throw .invalidQuery("it must have words, and at most \(Self.textByteCountMax) bytes")
        }
        guard (1...Self.collectionCountMax).contains(collections.count),
            Set(collections).count == collections.count
        else {
            throw .invalidQuery("it must name 1 to \(Self.collectionCountMax) different collections")
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
    public let collection: String
    public let document: String
    public let title: String
    /// SHA-256 of the document that `passage.byteRange` refers to.
    public let digest: [UInt8]
    public let passage: Passage
    /// What the hits are ordered by.
    public let score: Float
    /// BM25; 0 when no word of the query occurs. Comparable within one answer only.
    public let lexicalScore: Float
    /// Cosine of the embeddings; 0 in a lexical search.
    public let denseScore: Float
}

public struct SearchAnswer: Sendable, Equatable {
    public let hits: [Hit]
    /// How the answer was found, for people.
    public let plan: String
    /// The last write that the answer may show.
    public let sequence: Int64
}
