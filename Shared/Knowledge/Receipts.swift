/// What a write did. Whoever holds one may rely on it: it is on the disk, and searches see it.
public struct UpsertReceipt: Sendable, Equatable {
    /// SHA-256 of the content.
    public let digest: [UInt8]
    /// Passages that the document was cut into.
    public let passageCount: Int
    /// Grows with every write to the store.
    public let sequence: Int64
    /// The same document was there already; nothing was done.
    public let isUnchanged: Bool
}

/// What a deletion did.
public struct DeleteReceipt: Sendable, Equatable {
    /// False when there was nothing to delete.
    public let existed: Bool
    /// The store's last write.
    public let sequence: Int64
}

/// A document as lists show it.
public struct StoredDocument: Sendable, Equatable {
    /// Unique in its collection.
    public let name: String
    /// May be empty.
    public let title: String
    /// `text/plain`, `text/markdown` or `text/html`.
    public let mediaType: String
    /// As they were given.
    public let attributes: [String: String]
    /// SHA-256 of the content.
    public let digest: [UInt8]
    /// Of the content.
    public let byteCount: Int
    /// Passages that the document was cut into.
    public let passageCount: Int
    /// The write that stored it.
    public let sequence: Int64
    /// Seconds since 1970.
    public let storedAt: Int64
}

/// What dropping a collection did.
public struct DropReceipt: Sendable, Equatable {
    /// Documents that were dropped with the collection.
    public let documentCount: Int
    /// The store's last write.
    public let sequence: Int64
}
