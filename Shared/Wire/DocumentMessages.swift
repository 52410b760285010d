internal import CProtobuf

/// One property of a document.
public struct Attribute: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension Attribute: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Attribute>) {
        unsafe mesh__attribute__init(message)
    }

    func fill(_ message: inout Mesh__Attribute, _ arena: inout Arena) {
        unsafe message.name = arena.text(name)
        unsafe message.value = arena.text(value)
    }

    init(reading message: Mesh__Attribute) throws(WireError) {
        self.init(
            name: try unsafe Read.text(message.name, "name"),
            value: try unsafe Read.text(message.value, "value"))
    }
}

/// Adds or replaces a document. Attachment: the document's bytes.
public struct UpsertDocument: Request {
    public static let kind = MessageKind.upsertDocument
    public typealias Reply = UpsertDocumentReply

    public var collection: String
    public var documentID: String
    public var title: String
    public var mediaType: String
    public var attributes: [Attribute]

    public init(
        collection: String, documentID: String, title: String, mediaType: String,
        attributes: [Attribute] = []
    ) {
        self.collection = collection
        self.documentID = documentID
        self.title = title
        self.mediaType = mediaType
        self.attributes = attributes
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension UpsertDocument: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__UpsertDocument>) {
        unsafe mesh__upsert_document__init(message)
    }

    func fill(_ message: inout Mesh__UpsertDocument, _ arena: inout Arena) {
        unsafe message.collection = arena.text(collection)
        unsafe message.document_id = arena.text(documentID)
        unsafe message.title = arena.text(title)
        unsafe message.media_type = arena.text(mediaType)
        unsafe message.n_attributes = attributes.count
        unsafe message.attributes = arena.messages(attributes)
    }

    init(reading message: Mesh__UpsertDocument) throws(WireError) {
        self.init(
            collection: try unsafe Read.text(message.collection, "collection"),
            documentID: try unsafe Read.text(message.document_id, "documentID"),
            title: try unsafe Read.text(message.title, "title"),
            mediaType: try unsafe Read.text(message.media_type, "mediaType"),
            attributes: try unsafe Read.messages(
                message.attributes, message.n_attributes, "attributes"))
    }
}

/// The document is stored, durably.
public struct UpsertDocumentReply: Message {
    public static let kind = MessageKind.upsertDocumentReply

    /// SHA-256 of the content.
    public var digest: [UInt8]
    public var passageCount: Int
    public var sequenceNumber: Int
    public var unchanged: Bool

    public init(digest: [UInt8], passageCount: Int, sequenceNumber: Int, unchanged: Bool) {
        self.digest = digest
        self.passageCount = passageCount
        self.sequenceNumber = sequenceNumber
        self.unchanged = unchanged
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension UpsertDocumentReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__UpsertDocumentReply>) {
        unsafe mesh__upsert_document_reply__init(message)
    }

    func fill(_ message: inout Mesh__UpsertDocumentReply, _ arena: inout Arena) {
        unsafe message.digest = arena.data(digest)
        unsafe message.passage_count = UInt32(passageCount)
        unsafe message.sequence_number = UInt64(sequenceNumber)
        unsafe message.unchanged = unchanged ? 1 : 0
    }

    init(reading message: Mesh__UpsertDocumentReply) throws(WireError) {
        self.init(
            digest: try unsafe Read.digest(message.digest),
            passageCount: unsafe Int(message.passage_count),
            sequenceNumber: try unsafe Read.integer(message.sequence_number, "sequenceNumber"),
            unchanged: unsafe message.unchanged != 0)
    }
}

/// Removes a document and its passages.
public struct DeleteDocument: Request {
    public static let kind = MessageKind.deleteDocument
    public typealias Reply = DeleteDocumentReply

    public var collection: String
    public var documentID: String

    public init(collection: String, documentID: String) {
        self.collection = collection
        self.documentID = documentID
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension DeleteDocument: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__DeleteDocument>) {
        unsafe mesh__delete_document__init(message)
    }

    func fill(_ message: inout Mesh__DeleteDocument, _ arena: inout Arena) {
        unsafe message.collection = arena.text(collection)
        unsafe message.document_id = arena.text(documentID)
    }

    init(reading message: Mesh__DeleteDocument) throws(WireError) {
        self.init(
            collection: try unsafe Read.text(message.collection, "collection"),
            documentID: try unsafe Read.text(message.document_id, "documentID"))
    }
}

/// The document is gone.
public struct DeleteDocumentReply: Message {
    public static let kind = MessageKind.deleteDocumentReply

    public var existed: Bool
    public var sequenceNumber: Int

    public init(existed: Bool, sequenceNumber: Int) {
        self.existed = existed
        self.sequenceNumber = sequenceNumber
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension DeleteDocumentReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__DeleteDocumentReply>) {
        unsafe mesh__delete_document_reply__init(message)
    }

    func fill(_ message: inout Mesh__DeleteDocumentReply, _ arena: inout Arena) {
        unsafe message.existed = existed ? 1 : 0
        unsafe message.sequence_number = UInt64(sequenceNumber)
    }

    init(reading message: Mesh__DeleteDocumentReply) throws(WireError) {
        self.init(
            existed: unsafe message.existed != 0,
            sequenceNumber: try unsafe Read.integer(message.sequence_number, "sequenceNumber"))
    }
}
