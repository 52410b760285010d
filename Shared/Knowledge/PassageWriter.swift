internal import Storage

/// The one who writes. Lives on a thread of its own, because every commit waits for the disk.
actor PassageWriter: ThreadBound {
    nonisolated let thread: SerialThread
    private let database: SQLiteDatabase
    private let table: PassageTable

    init(path: String, thread: SerialThread) throws {
        self.thread = thread
        database = try SQLiteDatabase(path: path)
        try database.migrate(Schema.steps, path: path)
        table = PassageTable(database: database)
    }

    /// The embedder whose vectors the store holds; empty in a new store.
    func embedderIdentity() throws -> String {
        try database.first("SELECT embedder FROM store") { try $0.text(0) } ?? ""
    }

    func setEmbedderIdentity(_ identity: String) throws {
        try database.run("UPDATE store SET embedder = ?", .text(identity))
    }

    /// The receipt of the stored document if it equals this one in everything that was given, else
    /// nil.
    func receipt(ifUnchanged document: Document, digest: [UInt8], in collection: String) throws
        -> UpsertReceipt?
    {
        try database.first(
            """
            SELECT d.passage_count, d.sequence
            FROM document d JOIN collection c ON c.id = d.collection
            WHERE c.name = ? AND d.name = ? AND d.digest = ? AND d.title = ? AND d.media_type = ?
                AND d.attributes = ?
            """,
            .text(collection), .text(document.name), .blob(digest), .text(document.title),
            .text(document.mediaType.rawValue), .text(Attributes.encoded(document.attributes))
        ) { row in
            UpsertReceipt(
                digest: digest, passageCount: try row.int(0), sequence: try row.integer(1),
                isUnchanged: true)
        }
    }

    /// Replaces the document and everything made of it, in one transaction.
    func upsert(
        _ document: Document, digest: [UInt8], passages: [EmbeddedPassage],
        in collectionName: String
    ) throws -> Change {
        try database.transaction {
            let collection = try table.makeCollection(named: collectionName)
            var change = Change(collection: collection, sequence: try table.nextSequence())
            if let old = try table.document(named: document.name, in: collection) {
                change.removed = try table.remove(document: old, from: collection)
            }
            let id = try table.insert(
                document, digest: digest, passageCount: passages.count, into: collection,
                sequence: change.sequence)
            for passage in passages {
                change.added.append(try table.insert(passage, of: id, into: collection))
            }
            return change
        }
    }

    /// Nil when there was no such document.
    func delete(document name: String, in collectionName: String) throws -> Change? {
        try database.transaction {
            guard let collection = try table.collection(named: collectionName),
                let document = try table.document(named: name, in: collection)
            else { return nil }
            let sequence = try table.nextSequence()
            let removed = try table.remove(document: document, from: collection)
            return Change(collection: collection, sequence: sequence, removed: removed)
        }
    }

    /// Nil when there was no such collection.
    func drop(collection name: String) throws -> (change: Change, documentCount: Int)? {
        try database.transaction {
            guard let collection = try table.collection(named: name) else { return nil }
            let documentCount =
                try database.first(
                    "SELECT count(*) FROM document WHERE collection = ?", .integer(collection)
                ) { try $0.int(0) } ?? 0
            try database.execute("DROP TABLE \(Schema.termTable(collection))")
            try database.run("DELETE FROM collection WHERE id = ?", .integer(collection))
            try database.run("INSERT OR IGNORE INTO erasure VALUES(?)", .integer(collection))
            let change = Change(
                collection: collection, sequence: try table.nextSequence(), isDropped: true)
            return (change, documentCount)
        }
    }

    /// Collection and name of every document.
    func allDocuments() throws -> [(collection: String, name: String)] {
        try database.rows(
            """
            SELECT c.name, d.name FROM document d JOIN collection c ON c.id = d.collection
            ORDER BY d.id
            """
        ) { (try $0.text(0), try $0.text(1)) }
    }

    /// A stored document as it was given.
    func document(named name: String, in collection: String) throws -> Document {
        let document = try database.first(
            """
            SELECT d.title, d.media_type, d.attributes, d.content FROM document d
            JOIN collection c ON c.id = d.collection WHERE c.name = ? AND d.name = ?
            """, .text(collection), .text(name)
        ) { row in
            guard let mediaType = MediaType(rawValue: try row.text(1)) else {
                throw StorageError.unexpectedValue(column: "media_type", expected: "media type")
            }
            return try Document(
                name: name, title: try row.text(0), mediaType: mediaType,
                attributes: Attributes.decoded(try row.text(2)), content: try row.blob(3))
        }
        guard let document else {
            throw KnowledgeError.unknownDocument(collection: collection, document: name)
        }
        return document
    }

    /// Makes the bytes of deleted passages disappear from the files: the full-text index keeps the
    /// terms of a deleted row until its segments are merged, and the log keeps old pages until it
    /// is emptied. Returns room to the file system.
    func erase() throws {
        let collections = try database.rows("SELECT collection FROM erasure") { try $0.integer(0) }
        guard !collections.isEmpty else { return }
        for collection in collections { try merge(collection) }
        try database.execute("PRAGMA incremental_vacuum")
        try database.checkpoint()
        try database.run("DELETE FROM erasure")
    }

    private func merge(_ collection: Int64) throws {
        let terms = Schema.termTable(collection)
        let exists = try database.first(
            "SELECT 1 FROM collection WHERE id = ?", .integer(collection)
        ) { try $0.integer(0) }
        if exists != nil { try database.run("INSERT INTO \(terms)(\(terms)) VALUES('optimize')") }
    }

    /// SQLite's own check and FTS5's, in one list of complaints; empty when all is well.
    func complaints() throws -> [String] {
        try database.rows("PRAGMA integrity_check") { try $0.text(0) }
            .filter { $0 != "ok" }
    }
}
