internal import CProtobuf

/// Which index answers.
public enum SearchMode: UInt32, Sendable {
    case hybrid = 1
    case lexical = 2
    case dense = 3
}

/// Asks for the passages that fit a query best.
public struct Search: Request {
    public static let kind = MessageKind.search
    public typealias Reply = SearchReply

    public var collections: [String]
    public var query: String
    public var limit: Int
    public var mode: SearchMode
    /// Of the fused score, 0 to 1. 0: the store's default (all dense is a mode).
    public var lexicalWeight: Float
    /// No approximate index.
    public var exact: Bool

    public init(
        collections: [String], query: String, limit: Int, mode: SearchMode = .hybrid,
        lexicalWeight: Float = 0, exact: Bool = false
    ) {
        self.collections = collections
        self.query = query
        self.limit = limit
        self.mode = mode
        self.lexicalWeight = lexicalWeight
        self.exact = exact
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension Search: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Search>) {
        unsafe mesh__search__init(message)
    }

    func fill(_ message: inout Mesh__Search, _ arena: inout Arena) {
        unsafe message.n_collections = collections.count
        unsafe message.collections = arena.texts(collections)
        unsafe message.query = arena.text(query)
        unsafe message.limit = UInt32(limit)
        unsafe message.mode = Mesh__SearchMode(rawValue: mode.rawValue)
        unsafe message.lexical_weight = lexicalWeight
        unsafe message.exact = exact ? 1 : 0
    }

    init(reading message: Mesh__Search) throws(WireError) {
        self.init(
            collections: try unsafe Read.texts(
                message.collections, message.n_collections, "collections"),
            query: try unsafe Read.text(message.query, "query"),
            limit: unsafe Int(message.limit),
            mode: try unsafe Read.choice(message.mode.rawValue, "mode"),
            lexicalWeight: unsafe message.lexical_weight,
            exact: unsafe message.exact != 0)
    }
}

/// A passage, where it comes from, and how well it fits.
public struct FoundPassage: Sendable, Equatable {
    public var collection: String
    public var documentID: String
    public var title: String
    /// Of the document that the byte range refers to.
    public var digest: [UInt8]
    public var byteStart: Int
    public var byteEnd: Int
    public var text: String
    public var score: Float
    public var lexicalScore: Float
    public var denseScore: Float

    public init(
        collection: String, documentID: String, title: String, digest: [UInt8], byteStart: Int,
        byteEnd: Int, text: String, score: Float, lexicalScore: Float, denseScore: Float
    ) {
        self.collection = collection
        self.documentID = documentID
        self.title = title
        self.digest = digest
        self.byteStart = byteStart
        self.byteEnd = byteEnd
        self.text = text
        self.score = score
        self.lexicalScore = lexicalScore
        self.denseScore = denseScore
    }
}

extension FoundPassage: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__FoundPassage>) {
        unsafe mesh__found_passage__init(message)
    }

    func fill(_ message: inout Mesh__FoundPassage, _ arena: inout Arena) {
        unsafe message.collection = arena.text(collection)
        unsafe message.document_id = arena.text(documentID)
        unsafe message.title = arena.text(title)
        unsafe message.digest = arena.data(digest)
        unsafe message.byte_start = UInt64(byteStart)
        unsafe message.byte_end = UInt64(byteEnd)
        unsafe message.text = arena.text(text)
        unsafe message.score = score
        unsafe message.lexical_score = lexicalScore
        unsafe message.dense_score = denseScore
    }

    init(reading message: Mesh__FoundPassage) throws(WireError) {
        guard unsafe message.byte_start <= message.byte_end else {
            throw .outOfRange(field: "byteEnd")
        }
        self.init(
            collection: try unsafe Read.text(message.collection, "collection"),
            documentID: try unsafe Read.text(message.document_id, "documentID"),
            title: try unsafe Read.text(message.title, "title"),
            digest: try unsafe Read.digest(message.digest),
            byteStart: try unsafe Read.integer(message.byte_start, "byteStart"),
            byteEnd: try unsafe Read.integer(message.byte_end, "byteEnd"),
            text: try unsafe Read.text(message.text, "text"),
            score: unsafe message.score,
            lexicalScore: unsafe message.lexical_score,
            denseScore: unsafe message.dense_score)
    }
}

/// Passages, best first.
public struct SearchReply: Message {
    public static let kind = MessageKind.searchReply

    public var passages: [FoundPassage]
    /// How it was answered, for people.
    public var plan: String

    public init(passages: [FoundPassage], plan: String = "") {
        self.passages = passages
        self.plan = plan
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension SearchReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__SearchReply>) {
        unsafe mesh__search_reply__init(message)
    }

    func fill(_ message: inout Mesh__SearchReply, _ arena: inout Arena) {
        unsafe message.n_passages = passages.count
        unsafe message.passages = arena.messages(passages)
        unsafe message.plan = arena.text(plan)
    }

    init(reading message: Mesh__SearchReply) throws(WireError) {
        self.init(
            passages: try unsafe Read.messages(message.passages, message.n_passages, "passages"),
            plan: try unsafe Read.text(message.plan, "plan"))
    }
}

/// Asks for the embeddings of texts.
public struct Embed: Request {
    public static let kind = MessageKind.embed
    public typealias Reply = EmbedReply

    public var texts: [String]

    public init(texts: [String]) {
        self.texts = texts
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension Embed: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Embed>) {
        unsafe mesh__embed__init(message)
    }

    func fill(_ message: inout Mesh__Embed, _ arena: inout Arena) {
        unsafe message.n_texts = texts.count
        unsafe message.texts = arena.texts(texts)
    }

    init(reading message: Mesh__Embed) throws(WireError) {
        self.init(
            texts: try unsafe Read.texts(message.texts, message.n_texts, "texts"))
    }
}

/// Attachment: the vectors, [text count, dimension] float32.
public struct EmbedReply: Message {
    public static let kind = MessageKind.embedReply

    public var dimension: Int
    public var tokenCount: Int

    public init(dimension: Int, tokenCount: Int) {
        self.dimension = dimension
        self.tokenCount = tokenCount
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension EmbedReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__EmbedReply>) {
        unsafe mesh__embed_reply__init(message)
    }

    func fill(_ message: inout Mesh__EmbedReply, _ arena: inout Arena) {
        unsafe message.dimension = UInt32(dimension)
        unsafe message.token_count = UInt32(tokenCount)
    }

    init(reading message: Mesh__EmbedReply) {
        self.init(
            dimension: unsafe Int(message.dimension),
            tokenCount: unsafe Int(message.token_count))
    }
}
