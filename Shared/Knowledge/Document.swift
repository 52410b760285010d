/// How the bytes of a document are to be read.
public enum MediaType: String, Sendable, CaseIterable {
    case plainText = "text/plain"
    case markdown = "text/markdown"
    case html = "text/html"
}

/// A document that was checked: it has names and a size within bounds, and its bytes are UTF-8.
public struct Document: Sendable {
    /// Unique in its collection.
    public let name: String
    /// Shown with every passage, and found and embedded with it; may be empty.
    public let title: String
    /// How `content` is read.
    public let mediaType: MediaType
    /// Whatever the client wants to get back.
    public let attributes: [String: String]
    /// The bytes as they were given, which citations refer to.
    public let content: [UInt8]

    /// A larger document would hold the embedder for hours; split it instead.
    public static let contentByteCountMax = 16 << 20
    /// Names, titles and attributes are shown in lists and logs.
    public static let nameByteCountMax = 1_024
    /// As many as OpenAI's vector stores take.
    public static let attributeCountMax = 16

    /// Throws `invalidDocument` with the reason. `title` may be empty.
    public init(
        name: String, title: String = "", mediaType: MediaType, attributes: [String: String] = [:],
        content: [UInt8]
    ) throws(KnowledgeError) {
        try Self.check(name, "name")
        if !title.isEmpty { try Self.check(title, "title") }
        try Self.check(attributes)
        try Self.check(content)
        self.name = name
        self.title = title
        self.mediaType = mediaType
        self.attributes = attributes
        self.content = content
    }

    private static func check(_ attributes: [String: String]) throws(KnowledgeError) {
        guard attributes.count <= attributeCountMax else {
            throw .invalidDocument("it has more than \(attributeCountMax) attributes")
        }
        for (key, value) in attributes {
            try check(key, "attribute name")
            if !value.isEmpty { try check(value, "attribute \(key)") }
        }
    }

    private static func check(_ content: [UInt8]) throws(KnowledgeError) {
        guard content.count <= contentByteCountMax else {
            throw .invalidDocument(
                "it has \(content.count) bytes, at most \(contentByteCountMax) are taken")
        }
        guard String(validating: content, as: UTF8.self) != nil else {
            throw .invalidDocument("its bytes are not UTF-8; convert it first")
        }
    }

    /// Collections and documents alike: something to read, within bounds, without control
    /// characters.
    static func check(_ name: String, _ kind: String) throws(KnowledgeError) {
        guard !name.isEmpty, name.utf8.count <= nameByteCountMax else {
            throw .invalidDocument("its \(kind) must have 1 to \(nameByteCountMax) bytes")
        }
        guard name.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
            throw .invalidDocument("its \(kind) contains a control character")
        }
    }
}
