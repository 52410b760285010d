internal import HTTP
internal import Storage

extension Catalog {
    /// Everything of a store but the counts of its files, which are asked for one by one.
    private struct StoreRow: Sendable {
        let id: String
        let name: String
        let metadata: [String: String]
        let createdAt: Int
        let lastActiveAt: Int
    }

    private static let storeColumns = "t.id, t.name, t.metadata, t.created_at, t.last_active_at"

    func addVectorStore(
        id: String, name: String, metadata: [String: String], at time: Int
    ) throws -> VectorStoreRecord {
        try database.transaction {
            try database.run(
                "INSERT INTO vector_stores VALUES(?, ?, ?, ?, ?, "
                    + "\(Self.nextPlace(in: "vector_stores")))", .text(id), .text(name),
                .text(AttributeText.encode(metadata.mapValues(AttributeValue.string))),
                .integer(time), .integer(time))
        }
        return try vectorStore(id)
    }

    func vectorStores(_ page: PageRequest) throws -> Page<VectorStoreRecord> {
        let rows = try self.page(
            Self.storeColumns, from: "vector_stores t WHERE TRUE", [],
            key: "vector_stores WHERE id",
            page, as: Self.readStore)
        return Page(items: try rows.items.map(record), hasMore: rows.hasMore)
    }

    func vectorStore(_ id: String) throws -> VectorStoreRecord {
        let row = try database.first(
            "SELECT \(Self.storeColumns) FROM vector_stores t WHERE id = ?", .text(id),
            as: Self.readStore)
        guard let row else { throw FrontDoorError.notFound(what: "no such vector store: \(id)") }
        return try record(row)
    }

    func changeVectorStore(
        _ id: String, name: String?, metadata: [String: String]?, at time: Int
    ) throws -> VectorStoreRecord {
        try database.transaction {
            let former = try vectorStore(id)
            let metadata = (metadata ?? former.metadata).mapValues(AttributeValue.string)
            try database.run(
                "UPDATE vector_stores SET name = ?, metadata = ?, last_active_at = ? WHERE id = ?",
                .text(name ?? former.name), .text(AttributeText.encode(metadata)), .integer(time),
                .text(id))
        }
        return try vectorStore(id)
    }

    func deleteVectorStore(_ id: String) throws {
        try database.transaction {
            try database.run("DELETE FROM attached_files WHERE store_id = ?", .text(id))
            try database.run("DELETE FROM batches WHERE store_id = ?", .text(id))
            try database.run("DELETE FROM vector_stores WHERE id = ?", .text(id))
        }
    }

    private func record(_ row: StoreRow) throws -> VectorStoreRecord {
        let byteCount = try database.first(
            """
            SELECT COALESCE(SUM(length(f.content)), 0) FROM attached_files a
            JOIN files f ON f.id = a.file_id WHERE a.store_id = ? AND a.status = 'completed'
            """, .text(row.id)
        ) { row throws(StorageError) in try row.int(0) }
        return VectorStoreRecord(
            id: row.id, name: row.name, createdAt: row.createdAt, lastActiveAt: row.lastActiveAt,
            usageByteCount: byteCount ?? 0, fileCounts: try counts("store_id", row.id),
            metadata: row.metadata)
    }

    /// How many attached files are in which state, of a store or of a batch.
    func counts(_ column: String, _ id: String) throws -> FileCounts {
        let statuses = try database.rows(
            "SELECT status FROM attached_files WHERE \(column) = ?", .text(id)
        ) { row throws(StorageError) in try row.text(0) }
        var counts = FileCounts()
        for status in statuses.compactMap(IngestionStatus.init) { counts.count(status) }
        return counts
    }

    private static func readStore(_ row: Row) throws(StorageError) -> StoreRow {
        StoreRow(
            id: try row.text(0), name: try row.text(1),
            metadata: AttributeText.decode(try row.text(2)).compactMapValues {
                if case .string(let text) = $0 { text } else { nil }
            },
            createdAt: try row.int(3), lastActiveAt: try row.int(4))
    }
}
