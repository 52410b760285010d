internal import CProtobuf

/// Removes a collection with all its documents.
public struct DropCollection: Request {
    public static let kind = MessageKind.dropCollection
    public typealias Reply = DropCollectionReply

    public var collection: String

    public init(collection: String) {
        self.collection = collection
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension DropCollection: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__DropCollection>) {
        unsafe mesh__drop_collection__init(message)
    }

    func fill(_ message: inout Mesh__DropCollection, _ arena: inout Arena) {
        unsafe message.collection = arena.text(collection)
    }

    init(reading message: Mesh__DropCollection) throws(WireError) {
        self.init(
            collection: try unsafe Read.text(message.collection, "collection"))
    }
}

/// The collection is gone.
public struct DropCollectionReply: Message {
    public static let kind = MessageKind.dropCollectionReply

    /// Dropped with it.
    public var documentCount: Int
    public var sequenceNumber: Int

    public init(documentCount: Int, sequenceNumber: Int) {
        self.documentCount = documentCount
        self.sequenceNumber = sequenceNumber
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension DropCollectionReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__DropCollectionReply>) {
        unsafe mesh__drop_collection_reply__init(message)
    }

    func fill(_ message: inout Mesh__DropCollectionReply, _ arena: inout Arena) {
        unsafe message.document_count = UInt32(documentCount)
        unsafe message.sequence_number = UInt64(sequenceNumber)
    }

    init(reading message: Mesh__DropCollectionReply) throws(WireError) {
        self.init(
            documentCount: unsafe Int(message.document_count),
            sequenceNumber: try unsafe Read.integer(message.sequence_number, "sequenceNumber"))
    }
}

/// One page of a collection, ordered by document id.
public struct ListDocuments: Request {
    public static let kind = MessageKind.listDocuments
    public typealias Reply = ListDocumentsReply

    public var collection: String
    /// The last document id of the page before.
    public var after: String
    public var limit: Int

    public init(collection: String, after: String = "", limit: Int) {
        self.collection = collection
        self.after = after
        self.limit = limit
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension ListDocuments: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ListDocuments>) {
        unsafe mesh__list_documents__init(message)
    }

    func fill(_ message: inout Mesh__ListDocuments, _ arena: inout Arena) {
        unsafe message.collection = arena.text(collection)
        unsafe message.after = arena.text(after)
        unsafe message.limit = UInt32(limit)
    }

    init(reading message: Mesh__ListDocuments) throws(WireError) {
        self.init(
            collection: try unsafe Read.text(message.collection, "collection"),
            after: try unsafe Read.text(message.after, "after"),
            limit: unsafe Int(message.limit))
    }
}

/// A document without its content.
public struct DocumentSummary: Sendable, Equatable {
    public var documentID: String
    public var title: String
    public var mediaType: String
    public var digest: [UInt8]
    public var byteCount: Int
    public var passageCount: Int
    public var attributes: [Attribute]

    public init(
        documentID: String, title: String, mediaType: String, digest: [UInt8], byteCount: Int,
        passageCount: Int, attributes: [Attribute]
    ) {
        self.documentID = documentID
        self.title = title
        self.mediaType = mediaType
        self.digest = digest
        self.byteCount = byteCount
        self.passageCount = passageCount
        self.attributes = attributes
    }
}

extension DocumentSummary: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__DocumentSummary>) {
        unsafe mesh__document_summary__init(message)
    }

    func fill(_ message: inout Mesh__DocumentSummary, _ arena: inout Arena) {
        unsafe message.document_id = arena.text(documentID)
        unsafe message.title = arena.text(title)
        unsafe message.media_type = arena.text(mediaType)
        unsafe message.digest = arena.data(digest)
        unsafe message.byte_count = UInt64(byteCount)
        unsafe message.passage_count = UInt32(passageCount)
        unsafe message.n_attributes = attributes.count
        unsafe message.attributes = arena.messages(attributes)
    }

    init(reading message: Mesh__DocumentSummary) throws(WireError) {
        self.init(
            documentID: try unsafe Read.text(message.document_id, "documentID"),
            title: try unsafe Read.text(message.title, "title"),
            mediaType: try unsafe Read.text(message.media_type, "mediaType"),
            digest: try unsafe Read.digest(message.digest),
            byteCount: try unsafe Read.integer(message.byte_count, "byteCount"),
            passageCount: unsafe Int(message.passage_count),
            attributes: try unsafe Read.messages(
                message.attributes, message.n_attributes, "attributes"))
    }
}

/// A page of documents.
public struct ListDocumentsReply: Message {
    public static let kind = MessageKind.listDocumentsReply

    public var documents: [DocumentSummary]
    /// No further page.
    public var isComplete: Bool

    public init(documents: [DocumentSummary], isComplete: Bool) {
        self.documents = documents
        self.isComplete = isComplete
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension ListDocumentsReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ListDocumentsReply>) {
        unsafe mesh__list_documents_reply__init(message)
    }

    func fill(_ message: inout Mesh__ListDocumentsReply, _ arena: inout Arena) {
        unsafe message.n_documents = documents.count
        unsafe message.documents = arena.messages(documents)
        unsafe message.is_complete = isComplete ? 1 : 0
    }

    init(reading message: Mesh__ListDocumentsReply) throws(WireError) {
        self.init(
            documents: try unsafe Read.messages(
                message.documents, message.n_documents, "documents"),
            isComplete: unsafe message.is_complete != 0)
    }
}

/// Asks for a byte range of a stored document.
public struct FetchSource: Request {
    public static let kind = MessageKind.fetchSource
    public typealias Reply = FetchSourceReply

    public var collection: String
    public var documentID: String
    public var byteStart: Int
    /// 0: to the end.
    public var byteEnd: Int

    public init(collection: String, documentID: String, byteStart: Int = 0, byteEnd: Int = 0) {
        self.collection = collection
        self.documentID = documentID
        self.byteStart = byteStart
        self.byteEnd = byteEnd
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension FetchSource: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__FetchSource>) {
        unsafe mesh__fetch_source__init(message)
    }

    func fill(_ message: inout Mesh__FetchSource, _ arena: inout Arena) {
        unsafe message.collection = arena.text(collection)
        unsafe message.document_id = arena.text(documentID)
        unsafe message.byte_start = UInt64(byteStart)
        unsafe message.byte_end = UInt64(byteEnd)
    }

    init(reading message: Mesh__FetchSource) throws(WireError) {
        self.init(
            collection: try unsafe Read.text(message.collection, "collection"),
            documentID: try unsafe Read.text(message.document_id, "documentID"),
            byteStart: try unsafe Read.integer(message.byte_start, "byteStart"),
            byteEnd: try unsafe Read.integer(message.byte_end, "byteEnd"))
    }
}

/// Attachment: the bytes of the range.
public struct FetchSourceReply: Message {
    public static let kind = MessageKind.fetchSourceReply

    /// Of the whole document.
    public var digest: [UInt8]
    /// Of the whole document.
    public var byteCount: Int
    public var mediaType: String

    public init(digest: [UInt8], byteCount: Int, mediaType: String) {
        self.digest = digest
        self.byteCount = byteCount
        self.mediaType = mediaType
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension FetchSourceReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__FetchSourceReply>) {
        unsafe mesh__fetch_source_reply__init(message)
    }

    func fill(_ message: inout Mesh__FetchSourceReply, _ arena: inout Arena) {
        unsafe message.digest = arena.data(digest)
        unsafe message.byte_count = UInt64(byteCount)
        unsafe message.media_type = arena.text(mediaType)
    }

    init(reading message: Mesh__FetchSourceReply) throws(WireError) {
        self.init(
            digest: try unsafe Read.digest(message.digest),
            byteCount: try unsafe Read.integer(message.byte_count, "byteCount"),
            mediaType: try unsafe Read.text(message.media_type, "mediaType"))
    }
}
