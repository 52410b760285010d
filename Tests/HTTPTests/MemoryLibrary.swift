import HTTP

/// A library that forgets everything when the test ends. Files are ingested the moment they are
/// attached.
actor MemoryLibrary: DocumentLibrary {
    private var files: [(record: FileRecord, content: [UInt8])] = []
    private var stores: [VectorStoreRecord] = []
    private var attached: [AttachedFileRecord] = []
    private var batches: [String: (store: String, files: [String])] = [:]
    private var clock = 1_700_000_000

    private func tick() -> Int {
        clock += 1
        return clock
    }

    func addFile(_ upload: FileUpload) -> FileRecord {
        let record = FileRecord(
            id: "file-\(files.count + 1)", filename: upload.filename, purpose: upload.purpose,
            byteCount: upload.content.count, createdAt: tick())
        files.append((record, upload.content))
        return record
    }

    func files(purpose: String?, _ page: PageRequest) throws -> Page<FileRecord> {
        Self.page(
            files.map(\.record).filter { purpose == nil || $0.purpose == purpose }, page, id: \.id)
    }

    private func entry(_ id: String) throws(FrontDoorError) -> (
        record: FileRecord, content: [UInt8]
    ) {
        guard let file = files.first(where: { $0.record.id == id }) else {
            throw .notFound(what: "no such file: '\(id)'")
        }
        return file
    }

    func file(_ id: String) throws -> FileRecord { try entry(id).record }
    func fileContent(_ id: String) throws -> [UInt8] { try entry(id).content }

    func deleteFile(_ id: String) throws {
        _ = try entry(id)
        files.removeAll { $0.record.id == id }
        attached.removeAll { $0.fileID == id }
    }

    func addVectorStore(
        name: String?, metadata: [String: String], fileIDs: [String]
    ) throws -> VectorStoreRecord {
        let id = "vs_\(stores.count + 1)"
        let now = tick()
        stores.append(Self.store(id, name ?? "", now, metadata))
        for file in fileIDs { _ = try attach(FileAttachment(fileID: file), to: id) }
        return try vectorStore(id)
    }

    func vectorStores(_ page: PageRequest) throws -> Page<VectorStoreRecord> {
        Self.page(try stores.map { try vectorStore($0.id) }, page, id: \.id)
    }

    func vectorStore(_ id: String) throws -> VectorStoreRecord {
        guard let store = stores.first(where: { $0.id == id }) else {
            throw FrontDoorError.notFound(what: "no such vector store: '\(id)'")
        }
        var counts = FileCounts()
        for file in attached where file.vectorStoreID == id { counts.count(file.status) }
        return Self.store(id, store.name, store.createdAt, store.metadata, counts)
    }

    private static func store(
        _ id: String, _ name: String, _ time: Int, _ metadata: [String: String],
        _ counts: FileCounts = FileCounts()
    ) -> VectorStoreRecord {
        VectorStoreRecord(
            id: id, name: name, createdAt: time, lastActiveAt: time, usageByteCount: 0,
            fileCounts: counts, metadata: metadata)
    }

    func changeVectorStore(_ id: String, name: String?, metadata: [String: String]?) throws
        -> VectorStoreRecord
    {
        let old = try vectorStore(id)
        guard let index = stores.firstIndex(where: { $0.id == id }) else { return old }
        stores[index] = Self.store(id, name ?? old.name, old.createdAt, metadata ?? old.metadata)
        return try vectorStore(id)
    }

    func deleteVectorStore(_ id: String) throws {
        _ = try vectorStore(id)
        stores.removeAll { $0.id == id }
        attached.removeAll { $0.vectorStoreID == id }
    }

    func attach(_ attachment: FileAttachment, to storeID: String) throws -> AttachedFileRecord {
        _ = try vectorStore(storeID)
        let file = try file(attachment.fileID)
        let isText = !file.filename.hasSuffix(".bin")
        let record = AttachedFileRecord(
            fileID: file.id, vectorStoreID: storeID, createdAt: tick(),
            status: isText ? .completed : .failed, usageByteCount: file.byteCount,
            failure: isText ? nil : "not text", attributes: attachment.attributes)
        attached.append(record)
        return record
    }

    func attachedFiles(
        of storeID: String, status: IngestionStatus?, _ page: PageRequest
    ) throws -> Page<AttachedFileRecord> {
        _ = try vectorStore(storeID)
        let records = attached.filter {
            $0.vectorStoreID == storeID && (status == nil || $0.status == status)
        }
        return Self.page(records, page, id: \.fileID)
    }

    func attachedFile(_ fileID: String, of storeID: String) throws -> AttachedFileRecord {
        guard
            let record = attached.first(where: {
                $0.fileID == fileID && $0.vectorStoreID == storeID
            })
        else { throw FrontDoorError.notFound(what: "no such file in \(storeID): '\(fileID)'") }
        return record
    }

    func detach(_ fileID: String, from storeID: String) throws {
        _ = try attachedFile(fileID, of: storeID)
        attached.removeAll { $0.fileID == fileID && $0.vectorStoreID == storeID }
    }

    func attachBatch(_ attachments: [FileAttachment], to storeID: String) throws -> FileBatchRecord
    {
        for attachment in attachments { _ = try attach(attachment, to: storeID) }
        let id = "vsfb_\(batches.count + 1)"
        batches[id] = (storeID, attachments.map(\.fileID))
        return try batch(id, of: storeID)
    }

    func batch(_ id: String, of storeID: String) throws -> FileBatchRecord {
        guard let batch = batches[id], batch.store == storeID else {
            throw FrontDoorError.notFound(what: "no such batch: '\(id)'")
        }
        var counts = FileCounts()
        for file in batch.files { counts.count(try attachedFile(file, of: storeID).status) }
        return FileBatchRecord(id: id, vectorStoreID: storeID, createdAt: clock, fileCounts: counts)
    }

    func batchFiles(_ id: String, of storeID: String, _ page: PageRequest) throws -> Page<
        AttachedFileRecord
    > {
        _ = try batch(id, of: storeID)
        let files = batches[id]?.files ?? []
        return Self.page(try files.map { try attachedFile($0, of: storeID) }, page, id: \.fileID)
    }

    func search(_ request: SearchRequest) throws -> [FoundPassage] {
        for id in request.vectorStoreIDs { _ = try vectorStore(id) }
        let found = attached.filter { request.vectorStoreIDs.contains($0.vectorStoreID) }.prefix(
            request.limit)
        return try found.map { record in
            let file = try entry(record.fileID)
            return FoundPassage(
                fileID: record.fileID, filename: file.record.filename,
                text: String(decoding: file.content, as: UTF8.self), score: 0.9,
                attributes: record.attributes)
        }
    }

    private static func page<Item>(
        _ items: [Item], _ request: PageRequest, id: (Item) -> String
    ) -> Page<Item> {
        let ordered = request.order == .ascending ? items : items.reversed()
        let start =
            request.after.flatMap { after in ordered.firstIndex { id($0) == after }.map { $0 + 1 } }
            ?? 0
        let rest = ordered.dropFirst(start)
        return Page(items: Array(rest.prefix(request.limit)), hasMore: rest.count > request.limit)
    }
}
