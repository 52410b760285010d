internal import HTTP
internal import Storage

/// The durable bookkeeping of files, vector stores and revisions: one SQLite file, on a thread of
/// its own.
///
/// The knowledge-store holds the documents of vector stores; the catalog knows which should be
/// there. Workers hold the experts of revisions; the catalog knows which revision serves.
actor Catalog: ThreadBound {
    nonisolated let thread: SerialThread

    private let path: String
    private var opened: Database?

    /// Nothing is opened before `open`, which runs on the catalog's own thread.
    init(path: String, thread: SerialThread) {
        self.path = path
        self.thread = thread
    }

    /// Opens the file, making it where it is missing, and brings its schema up to date.
    func open() throws {
        let database = try Database(path: path)
        try database.migrate(CatalogSchema.migrations, path: path)
        opened = database
    }

    var database: Database {
        guard let opened else { preconditionFailure("the catalog is used before `open`") }
        return opened
    }

    /// One page of a table: rows of `source` (from, where) after the row whose `key` is the cursor.
    func page<Item: Sendable>(
        _ columns: String, from source: String, _ values: [SQLValue], key: String,
        _ request: PageRequest, as read: (Row) throws(StorageError) -> Item
    ) throws -> Page<Item> {
        let isAscending = request.order == .ascending
        let cursor = request.after.map { [SQLValue.text($0)] } ?? []
        let condition =
            cursor.isEmpty
            ? "" : " AND t.rowid \(isAscending ? ">" : "<") (SELECT rowid FROM \(key) = ?)"
        var items: [Item] = []
        try database.query(
            "SELECT \(columns) FROM \(source)\(condition) "
                + "ORDER BY t.rowid \(isAscending ? "ASC" : "DESC") LIMIT ?",
            values + cursor + [.integer(request.limit + 1)]
        ) { row throws(StorageError) in items.append(try read(row)) }
        return Page(
            items: Array(items.prefix(request.limit)), hasMore: items.count > request.limit)
    }
}

/// The catalog's tables, step by step.
enum CatalogSchema {
    static let migrations = [
        Migration(
            version: 1, name: "files and vector stores",
            script: """
                CREATE TABLE files(
                    id TEXT PRIMARY KEY, filename TEXT NOT NULL, purpose TEXT NOT NULL,
                    media_type TEXT, content BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
                CREATE TABLE vector_stores(
                    id TEXT PRIMARY KEY, name TEXT NOT NULL, metadata TEXT NOT NULL,
                    created_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL) STRICT;
                CREATE TABLE batches(
                    id TEXT PRIMARY KEY, store_id TEXT NOT NULL,
                    created_at INTEGER NOT NULL) STRICT;
                CREATE TABLE attached_files(
                    file_id TEXT NOT NULL, store_id TEXT NOT NULL, batch_id TEXT,
                    status TEXT NOT NULL, failure TEXT, attributes TEXT NOT NULL,
                    created_at INTEGER NOT NULL, PRIMARY KEY(store_id, file_id)) STRICT;
                CREATE INDEX attached_files_by_file ON attached_files(file_id);
                CREATE INDEX attached_files_by_batch ON attached_files(batch_id);
                """),
        Migration(
            version: 2, name: "revisions",
            script: """
                CREATE TABLE revisions(
                    model BLOB NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
                    share REAL, failure TEXT, is_rollback_target INTEGER NOT NULL,
                    note TEXT NOT NULL, created_at INTEGER NOT NULL,
                    PRIMARY KEY(model, number)) STRICT;
                CREATE TABLE revision_layers(
                    model BLOB NOT NULL, number INTEGER NOT NULL, layer INTEGER NOT NULL,
                    experts BLOB NOT NULL, gate BLOB,
                    PRIMARY KEY(model, number, layer)) STRICT;
                CREATE TABLE revision_journal(
                    id INTEGER PRIMARY KEY, model BLOB NOT NULL, at INTEGER NOT NULL,
                    step TEXT NOT NULL, revision INTEGER NOT NULL, detail TEXT NOT NULL,
                    author TEXT NOT NULL, note TEXT NOT NULL) STRICT;
                CREATE INDEX revision_journal_by_model ON revision_journal(model, id);
                """),
    ]
}
