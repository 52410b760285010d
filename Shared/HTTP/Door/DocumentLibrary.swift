/// Files and the vector stores made of them: the bookkeeping that must outlive a restart. Every
/// identifier is the library's to give (`RandomIdentifier`); every operation may throw
/// `FrontDoorError`, `.notFound` above all.
public protocol DocumentLibrary: Sendable {
    func addFile(_ upload: FileUpload) async throws -> FileRecord
    /// - Parameter purpose: only files with this purpose; nil lists all.
    func files(purpose: String?, _ page: PageRequest) async throws -> Page<FileRecord>
    func file(_ id: String) async throws -> FileRecord
    func fileContent(_ id: String) async throws -> [UInt8]
    /// Also takes it out of every vector store.
    func deleteFile(_ id: String) async throws

    func addVectorStore(name: String?, metadata: [String: String], fileIDs: [String]) async throws
        -> VectorStoreRecord
    func vectorStores(_ page: PageRequest) async throws -> Page<VectorStoreRecord>
    func vectorStore(_ id: String) async throws -> VectorStoreRecord
    /// Nil leaves a property as it is.
    func changeVectorStore(_ id: String, name: String?, metadata: [String: String]?) async throws
        -> VectorStoreRecord
    /// The files stay.
    func deleteVectorStore(_ id: String) async throws

    /// Returns at once with status `inProgress`, or when ingestion has ended: clients poll.
    func attach(_ attachment: FileAttachment, to storeID: String) async throws -> AttachedFileRecord
    /// - Parameter status: only files in this state; nil lists all.
    func attachedFiles(of storeID: String, status: IngestionStatus?, _ page: PageRequest)
        async throws -> Page<AttachedFileRecord>
    func attachedFile(_ fileID: String, of storeID: String) async throws -> AttachedFileRecord
    func detach(_ fileID: String, from storeID: String) async throws

    func attachBatch(_ attachments: [FileAttachment], to storeID: String) async throws
        -> FileBatchRecord
    func batch(_ id: String, of storeID: String) async throws -> FileBatchRecord
    func batchFiles(_ id: String, of storeID: String, _ page: PageRequest) async throws -> Page<
        AttachedFileRecord
    >

    /// The best passages first.
    func search(_ request: SearchRequest) async throws -> [FoundPassage]
}

/// A file as a client sends it.
public struct FileUpload: Sendable, Equatable {
    /// As the client named it: never a path to open.
    public let filename: String
    public let purpose: String
    /// What the client says it is: `text/markdown`; nil when it does not say.
    public let mediaType: String?
    public let content: [UInt8]

    public init(filename: String, purpose: String, mediaType: String?, content: [UInt8]) {
        (self.filename, self.purpose, self.mediaType, self.content) = (
            filename, purpose, mediaType, content
        )
    }
}

/// A file that the library keeps.
public struct FileRecord: Sendable, Equatable {
    /// `file-…`
    public let id: String
    public let filename: String
    public let purpose: String
    public let byteCount: Int
    /// Seconds since 1970.
    public let createdAt: Int

    public init(id: String, filename: String, purpose: String, byteCount: Int, createdAt: Int) {
        self.id = id
        self.filename = filename
        self.purpose = purpose
        self.byteCount = byteCount
        self.createdAt = createdAt
    }
}

/// How far a file has come on its way to being searchable.
public enum IngestionStatus: String, Sendable, CaseIterable {
    case inProgress = "in_progress"
    case completed, cancelled, failed
}

/// How many files of a vector store, or of a batch, are in which state.
public struct FileCounts: Sendable, Equatable {
    public var inProgress = 0
    public var completed = 0
    public var failed = 0
    public var cancelled = 0

    public init() {}

    public var total: Int { inProgress + completed + failed + cancelled }

    /// Counts one more file in this state.
    public mutating func count(_ status: IngestionStatus) {
        switch status {
        case .inProgress: inProgress += 1
        case .completed: completed += 1
        case .failed: failed += 1
        case .cancelled: cancelled += 1
        }
    }
}

/// A set of files that are searched together.
public struct VectorStoreRecord: Sendable, Equatable {
    /// `vs_…`
    public let id: String
    public let name: String
    public let createdAt: Int
    public let lastActiveAt: Int
    public let usageByteCount: Int
    public let fileCounts: FileCounts
    public let metadata: [String: String]

    public init(
        id: String, name: String, createdAt: Int, lastActiveAt: Int, usageByteCount: Int,
        fileCounts: FileCounts, metadata: [String: String]
    ) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.lastActiveAt = lastActiveAt
        self.usageByteCount = usageByteCount
        self.fileCounts = fileCounts
        self.metadata = metadata
    }
}

/// A file to be made searchable, with what is to be known about it.
public struct FileAttachment: Sendable, Equatable {
    public let fileID: String
    public let attributes: [String: AttributeValue]

    public init(fileID: String, attributes: [String: AttributeValue] = [:]) {
        (self.fileID, self.attributes) = (fileID, attributes)
    }
}

/// What is known about a file, under a name that the client chose.
public enum AttributeValue: Sendable, Equatable {
    case string(String)
    case number(Double)
    case bool(Bool)
}

/// A file in a vector store.
public struct AttachedFileRecord: Sendable, Equatable {
    public let fileID: String
    public let vectorStoreID: String
    public let createdAt: Int
    public let status: IngestionStatus
    public let usageByteCount: Int
    /// Why it failed, for people; nil unless it did.
    public let failure: String?
    public let attributes: [String: AttributeValue]

    public init(
        fileID: String, vectorStoreID: String, createdAt: Int, status: IngestionStatus,
        usageByteCount: Int, failure: String? = nil, attributes: [String: AttributeValue] = [:]
    ) {
        self.fileID = fileID
        self.vectorStoreID = vectorStoreID
        self.createdAt = createdAt
        self.status = status
        self.usageByteCount = usageByteCount
        self.failure = failure
        self.attributes = attributes
    }
}

/// Files that were attached together.
public struct FileBatchRecord: Sendable, Equatable {
    /// `vsfb_…`
    public let id: String
    public let vectorStoreID: String
    public let createdAt: Int
    public let fileCounts: FileCounts

    public init(id: String, vectorStoreID: String, createdAt: Int, fileCounts: FileCounts) {
        self.id = id
        self.vectorStoreID = vectorStoreID
        self.createdAt = createdAt
        self.fileCounts = fileCounts
    }
}

/// A search in vector stores.
public struct SearchRequest: Sendable, Equatable {
    /// At least one.
    public let vectorStoreIDs: [String]
    /// At least one; passages near any of them are found.
    public let queries: [String]
    /// 1…50.
    public let limit: Int
    public let scoreMin: Double

    public init(vectorStoreIDs: [String], queries: [String], limit: Int, scoreMin: Double = 0) {
        self.vectorStoreIDs = vectorStoreIDs
        self.queries = queries
        self.limit = limit
        self.scoreMin = scoreMin
    }
}
