internal import HTTP
internal import Transport
internal import Wire

/// Files and vector stores: the catalog says what there should be, the knowledge-store finds it.
struct Library: DocumentLibrary {
    let catalog: Catalog
    let knowledge: KnowledgeClient
    let ingestor: Ingestor
    /// Seconds since 1970.
    let now: @Sendable () -> Int

    /// A search, and the removal of what was searched.
    private static let callDuration = Duration.seconds(30)

    // MARK: - Files

    func addFile(_ upload: FileUpload) async throws -> FileRecord {
        try await catalog.addFile(
            upload, id: "file-" + RandomIdentifier.hex(byteCount: 12), at: now())
    }

    func files(purpose: String?, _ page: PageRequest) async throws -> Page<FileRecord> {
        try await catalog.files(purpose: purpose, page)
    }

    func file(_ id: String) async throws -> FileRecord { try await catalog.file(id) }

    func fileContent(_ id: String) async throws -> [UInt8] { try await catalog.fileContent(id) }

    func deleteFile(_ id: String) async throws {
        repeat {
            _ = try await catalog.file(id)
            for key in try await catalog.attachments(ofFile: id) { try await remove(key) }
        } while try await !catalog.deleteFile(id)  // another request has attached it meanwhile
    }

    // MARK: - Vector stores

    func addVectorStore(
        name: String?, metadata: [String: String], fileIDs: [String]
    ) async throws -> VectorStoreRecord {
        for id in fileIDs { _ = try await catalog.file(id) }
        let id = "vs_" + RandomIdentifier.hex(byteCount: 12)
        let record = try await catalog.addVectorStore(
            id: id, name: name ?? "", metadata: metadata, at: now())
        guard !fileIDs.isEmpty else { return record }
        _ = try await attachBatch(fileIDs.map { FileAttachment(fileID: $0) }, to: id)
        return try await catalog.vectorStore(id)
    }

    func vectorStores(_ page: PageRequest) async throws -> Page<VectorStoreRecord> {
        try await catalog.vectorStores(page)
    }

    func vectorStore(_ id: String) async throws -> VectorStoreRecord {
        try await catalog.vectorStore(id)
    }

    func changeVectorStore(
        _ id: String, name: String?, metadata: [String: String]?
    ) async throws -> VectorStoreRecord {
        try await catalog.changeVectorStore(id, name: name, metadata: metadata, at: now())
    }

    /// First from the knowledge-store, then from the catalog: a crash between leaves what can be
    /// done again.
    func deleteVectorStore(_ id: String) async throws {
        _ = try await catalog.vectorStore(id)
        _ = try await knowledge.call(DropCollection(collection: id), within: Self.callDuration)
        try await catalog.deleteVectorStore(id)
    }

    // MARK: - Attached files

    func attach(
        _ attachment: FileAttachment, to storeID: String
    ) async throws -> AttachedFileRecord {
        try await catalog.attach([attachment], to: storeID, batchID: nil, at: now())
        await ingestor.wake()
        return try await attachedFile(attachment.fileID, of: storeID)
    }

    func attachedFiles(
        of storeID: String, status: IngestionStatus?, _ page: PageRequest
    ) async throws -> Page<AttachedFileRecord> {
        try await catalog.attachedFiles(of: storeID, status: status, page)
    }

    func attachedFile(_ fileID: String, of storeID: String) async throws -> AttachedFileRecord {
        try await catalog.attachedFile(Catalog.AttachmentKey(fileID: fileID, storeID: storeID))
    }

    func detach(_ fileID: String, from storeID: String) async throws {
        _ = try await attachedFile(fileID, of: storeID)
        try await remove(Catalog.AttachmentKey(fileID: fileID, storeID: storeID))
    }

    func attachBatch(
        _ attachments: [FileAttachment], to storeID: String
    ) async throws -> FileBatchRecord {
        let id = "vsfb_" + RandomIdentifier.hex(byteCount: 12)
        try await catalog.attach(attachments, to: storeID, batchID: id, at: now())
        await ingestor.wake()
        return try await batch(id, of: storeID)
    }

    func batch(_ id: String, of storeID: String) async throws -> FileBatchRecord {
        try await catalog.batch(id, of: storeID)
    }

    func batchFiles(
        _ id: String, of storeID: String, _ page: PageRequest
    ) async throws -> Page<AttachedFileRecord> {
        _ = try await catalog.batch(id, of: storeID)
        return try await catalog.attachedFiles(of: storeID, batchID: id, page)
    }

    // MARK: - Search

    /// Passages near any of the queries; one found by several counts with its best score.
    func search(_ request: SearchRequest) async throws -> [HTTP.FoundPassage] {
        for id in request.vectorStoreIDs { _ = try await catalog.vectorStore(id) }
        var best: [PassageKey: Wire.FoundPassage] = [:]
        for query in request.queries {
            let search = Search(
                collections: request.vectorStoreIDs, query: query, limit: request.limit)
            let reply = try await knowledge.call(search, within: Self.callDuration).message
            for passage in reply.passages where Double(passage.score) >= request.scoreMin {
                let key = PassageKey(passage)
                if let known = best[key], known.score >= passage.score { continue }
                best[key] = passage
            }
        }
        let ranked = best.values.sorted {
            ($1.score, PassageKey($0)) < ($0.score, PassageKey($1))
        }
        var found: [HTTP.FoundPassage] = []
        for passage in ranked.prefix(request.limit) { found.append(try await self.found(passage)) }
        return found
    }

    private func found(_ passage: Wire.FoundPassage) async throws -> HTTP.FoundPassage {
        let key = Catalog.AttachmentKey(fileID: passage.documentID, storeID: passage.collection)
        return HTTP.FoundPassage(
            fileID: passage.documentID, filename: passage.title, text: passage.text,
            score: Double(passage.score), attributes: try await catalog.attributes(key),
            provenance: Provenance(
                byteRange: passage.byteStart..<passage.byteEnd,
                digest: passage.digest.hexadecimal))
    }

    private func remove(_ key: Catalog.AttachmentKey) async throws {
        let request = DeleteDocument(collection: key.storeID, documentID: key.fileID)
        _ = try await knowledge.call(request, within: Self.callDuration)
        try await catalog.detach(key)
    }
}

/// What makes a passage the same in two results; also the order of equal scores.
private struct PassageKey: Hashable, Comparable {
    let collection: String
    let document: String
    let start: Int

    init(_ passage: Wire.FoundPassage) {
        collection = passage.collection
        document = passage.documentID
        start = passage.byteStart
    }

    static func < (left: PassageKey, right: PassageKey) -> Bool {
        (left.collection, left.document, left.start)
            < (right.collection, right.document, right.start)
    }
}

extension [UInt8] {
    /// Two digits a byte, in lower case.
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
