internal import Storage

/// Reading documents themselves.
extension PassageSearcher {
    private static let columns = """
        d.name, d.title, d.media_type, d.attributes, d.digest, d.byte_count, d.passage_count,
        d.sequence, d.stored_at
        """

    func documents(in collection: String, after name: String, limit: Int) throws -> [StoredDocument]
    {
        try database.rows(
            """
            SELECT \(Self.columns) FROM document d JOIN collection c ON c.id = d.collection
            WHERE c.name = ? AND d.name > ? ORDER BY d.name LIMIT ?
            """, .text(collection), .text(name), .integer(limit), as: stored)
    }

    /// Copies only the wanted bytes out of the database.
    func source(
        of name: String, in collection: String, from start: Int, to end: Int?
    ) throws -> (content: [UInt8], document: StoredDocument) {
        try database.snapshot {
            let document = try database.first(
                """
                SELECT \(Self.columns) FROM document d JOIN collection c ON c.id = d.collection
                WHERE c.name = ? AND d.name = ?
                """, .text(collection), .text(name), as: stored)
            guard let document else {
                throw KnowledgeError.unknownDocument(collection: collection, document: name)
            }
            let end = end ?? document.byteCount
            guard start >= 0, start <= end, end <= document.byteCount else {
                throw KnowledgeError.invalidRange(
                    start: start, end: end, byteCount: document.byteCount)
            }
            let content = try database.first(
                """
                SELECT substr(d.content, ?, ?)
                FROM document d JOIN collection c ON c.id = d.collection
                WHERE c.name = ? AND d.name = ?
                """, .integer(start + 1), .integer(end - start), .text(collection), .text(name)
            ) { try $0.blob(0) }
            return (content ?? [], document)
        }
    }

    private func stored(_ row: Row) throws -> StoredDocument {
        StoredDocument(
            name: try row.text(0), title: try row.text(1), mediaType: try row.text(2),
            attributes: Attributes.decoded(try row.text(3)), digest: try row.blob(4),
            byteCount: try row.int(5), passageCount: try row.int(6), sequence: try row.integer(7),
            storedAt: try row.integer(8))
    }
}
