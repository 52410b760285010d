internal import HTTP
internal import Storage

extension Catalog {
    private static let fileColumns = "t.id, t.filename, t.purpose, length(t.content), t.created_at"

    func addFile(_ upload: FileUpload, id: String, at time: Int) throws -> FileRecord {
        try database.transaction {
            try database.run(
                "INSERT INTO files VALUES(?, ?, ?, ?, ?, ?, \(Self.nextPlace(in: "files")))",
                .text(id), .text(upload.filename), .text(upload.purpose),
                upload.mediaType.map { .text($0) } ?? .null, .blob(upload.content), .integer(time))
        }
        return try file(id)
    }

    func files(purpose: String?, _ page: PageRequest) throws -> Page<FileRecord> {
        try self.page(
            Self.fileColumns, from: "files t WHERE \(purpose == nil ? "TRUE" : "t.purpose = ?")",
            purpose.map { [.text($0)] } ?? [], key: "files WHERE id", page, as: Self.readFile)
    }

    func file(_ id: String) throws -> FileRecord {
        let record = try database.first(
            "SELECT \(Self.fileColumns) FROM files t WHERE id = ?", .text(id), as: Self.readFile)
        guard let record else { throw FrontDoorError.notFound(what: "no such file: \(id)") }
        return record
    }

    func fileContent(_ id: String) throws -> [UInt8] {
        let content = try database.first(
            "SELECT content FROM files WHERE id = ?", .text(id)
        ) { row throws(StorageError) in try row.blob(0) }
        guard let content else { throw FrontDoorError.notFound(what: "no such file: \(id)") }
        return content
    }

    /// What the knowledge-store needs to know about a file.
    func document(_ id: String) throws -> (filename: String, mediaType: String?, content: [UInt8])?
    {
        try database.first(
            "SELECT filename, media_type, content FROM files WHERE id = ?", .text(id)
        ) { row throws(StorageError) in
            (try row.text(0), row.isNull(1) ? nil : try row.text(1), try row.blob(2))
        }
    }

    /// False when the file is in a store again; then nothing was deleted.
    func deleteFile(_ id: String) throws -> Bool {
        try database.transaction {
            try database.run(
                """
                DELETE FROM files WHERE id = ?1
                    AND NOT EXISTS (SELECT 1 FROM attached_files WHERE file_id = ?1)
                """, .text(id))
            return database.changedRowCount > 0
        }
    }

    private static func readFile(_ row: Row) throws(StorageError) -> FileRecord {
        FileRecord(
            id: try row.text(0), filename: try row.text(1), purpose: try row.text(2),
            byteCount: try row.int(3), createdAt: try row.int(4))
    }
}
