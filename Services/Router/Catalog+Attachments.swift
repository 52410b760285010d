internal import HTTP
internal import Storage

extension Catalog {
    /// A file and the vector store that it belongs in.
    struct AttachmentKey: Hashable, Sendable {
        let fileID: String
        let storeID: String
    }

    private static let attachedColumns =
        "t.file_id, t.store_id, t.created_at, t.status, length(f.content), t.failure, t.attributes"
    private static let attachedSource = "attached_files t JOIN files f ON f.id = t.file_id"

    /// Notes that files are to be in a store; those that are there already begin again.
    func attach(
        _ attachments: [FileAttachment], to storeID: String, batchID: String?, at time: Int
    ) throws {
        try database.transaction {
            _ = try vectorStore(storeID)
            for attachment in attachments { _ = try file(attachment.fileID) }
            if let batchID {
                try database.run(
                    "INSERT INTO batches VALUES(?, ?, ?)", .text(batchID), .text(storeID),
                    .integer(time))
            }
            for attachment in attachments {
                try database.run(
                    """
                    INSERT INTO attached_files VALUES(?, ?, ?, 'in_progress', NULL, ?, ?,
                        \(Self.nextPlace(in: "attached_files")))
                    ON CONFLICT(store_id, file_id) DO UPDATE SET batch_id = excluded.batch_id,
                        status = excluded.status, failure = NULL, attributes = excluded.attributes
                    """, .text(attachment.fileID), .text(storeID),
                    batchID.map { .text($0) } ?? .null,
                    .text(AttributeText.encode(attachment.attributes)), .integer(time))
            }
            try database.notify()
        }
    }

    func attachedFile(_ key: AttachmentKey) throws -> AttachedFileRecord {
        let record = try database.first(
            "SELECT \(Self.attachedColumns) FROM \(Self.attachedSource) "
                + "WHERE t.store_id = ? AND t.file_id = ?",
            .text(key.storeID), .text(key.fileID), as: Self.readAttached)
        guard let record else {
            throw FrontDoorError.notFound(
                what: "no file \(key.fileID) in vector store \(key.storeID)")
        }
        return record
    }

    /// The files of a store, or of one of its batches.
    func attachedFiles(
        of storeID: String, batchID: String? = nil, status: IngestionStatus? = nil,
        _ page: PageRequest
    ) throws -> Page<AttachedFileRecord> {
        _ = try vectorStore(storeID)
        let conditions =
            ["t.store_id = ?"]
            + (batchID == nil ? [] : ["t.batch_id = ?"]) + (status == nil ? [] : ["t.status = ?"])
        let values = [storeID, batchID, status?.rawValue].compactMap { $0.map(SQLValue.text) }
        return try self.page(
            Self.attachedColumns,
            from: Self.attachedSource + " WHERE " + conditions.joined(separator: " AND "), values,
            key: "attached_files WHERE store_id = ?1 AND file_id", page, as: Self.readAttached)
    }

    func batch(_ id: String, of storeID: String) throws -> FileBatchRecord {
        let time = try database.first(
            "SELECT created_at FROM batches WHERE id = ? AND store_id = ?", .text(id),
            .text(storeID)
        ) { row throws(StorageError) in try row.int(0) }
        guard let time else { throw FrontDoorError.notFound(what: "no such file batch: \(id)") }
        return FileBatchRecord(
            id: id, vectorStoreID: storeID, createdAt: time, fileCounts: try counts("batch_id", id))
    }

    /// The attributes that clients gave the files of these stores.
    func attributes(_ key: AttachmentKey) throws -> [String: AttributeValue] {
        let text = try database.first(
            "SELECT attributes FROM attached_files WHERE store_id = ? AND file_id = ?",
            .text(key.storeID), .text(key.fileID)
        ) { row throws(StorageError) in try row.text(0) }
        return text.map(AttributeText.decode) ?? [:]
    }

    /// What ingestion still owes.
    func unfinished() throws -> [AttachmentKey] {
        try keys(where: "status = 'in_progress'")
    }

    /// The stores that a file is in.
    func attachments(ofFile id: String) throws -> [AttachmentKey] {
        try keys(where: "file_id = ?", .text(id))
    }

    /// Ends an ingestion. False when the attachment has gone meanwhile.
    func finish(_ key: AttachmentKey, _ status: IngestionStatus, failure: String?) throws -> Bool {
        try database.transaction {
            try database.run(
                """
                UPDATE attached_files SET status = ?, failure = ?
                WHERE store_id = ? AND file_id = ?
                """, .text(status.rawValue), failure.map { .text($0) } ?? .null,
                .text(key.storeID), .text(key.fileID))
            return database.changedRowCount > 0
        }
    }

    func detach(_ key: AttachmentKey) throws {
        try database.transaction {
            try database.run(
                "DELETE FROM attached_files WHERE store_id = ? AND file_id = ?",
                .text(key.storeID), .text(key.fileID))
        }
    }

    private func keys(where condition: String, _ values: SQLValue...) throws -> [AttachmentKey] {
        var keys: [AttachmentKey] = []
        try database.query(
            "SELECT file_id, store_id FROM attached_files WHERE \(condition) ORDER BY place", values
        ) { row throws(StorageError) in
            keys.append(AttachmentKey(fileID: try row.text(0), storeID: try row.text(1)))
        }
        return keys
    }

    private static func readAttached(_ row: Row) throws(StorageError) -> AttachedFileRecord {
        AttachedFileRecord(
            fileID: try row.text(0), vectorStoreID: try row.text(1), createdAt: try row.int(2),
            status: IngestionStatus(rawValue: try row.text(3)) ?? .failed,
            usageByteCount: try row.int(4), failure: row.isNull(5) ? nil : try row.text(5),
            attributes: AttributeText.decode(try row.text(6)))
    }
}
