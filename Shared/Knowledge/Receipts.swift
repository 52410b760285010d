/// What a write did. Whoever holds one may rely on it: it is on the disk, and searches see it.
public struct UpsertReceipt: Sendable, Equatable {
    /// SHA-256 of the content.
    public let digest: [UInt8]
    public let passageCount: Int
    /// Grows with every write to the store.
    public let sequence: Int64
    /// The same document was there already; nothing was done.
    public let isUnchanged: Bool
}

public struct DeleteReceipt: Sendable, Equatable {
    public let existed: Bool
    public let sequence: Int64
}

/// A document as lists show it.
public struct StoredDocument: Sendable, Equatable {
    public let name: String
    public let title: String
    public let mediaType: String
    public let attributes: [String: String]
    public let digest: [UInt8]
    public let byteCount: Int
    public let passageCount: Int
    public let sequence: Int64
    /// Seconds since 1970.
    public let storedAt: Int64
}

public struct DropReceipt: Sendable, Equatable {
    /// Documents that were dropped with the collection.
    public let documentCount: Int
    public let sequence: Int64
}
