internal import HTTP
internal import Storage

/// The durable bookkeeping of files, vector stores and revisions: a SQLite file, or a PostgreSQL
/// database that several routers share. Lives on a thread of its own.
///
/// The knowledge-store holds the documents of vector stores; the catalog knows which should be
/// there. Workers hold the experts of revisions; the catalog knows which revision serves.
actor Catalog: ThreadBound {
    nonisolated let thread: SerialThread

    private let location: CatalogLocation
    private var opened: (any Database)?

    /// Nothing is opened before `open`, which runs on the catalog's own thread.
    init(_ location: CatalogLocation, thread: SerialThread) {
        self.location = location
        listener = location.listener()
        self.thread = thread
    }

    /// Opens the database, making the file where it is missing, and brings its schema up to date.
    func open() throws {
        let database = try location.database()
        try database.migrate(CatalogSchema.migrations, path: "\(location)")
        opened = database
    }

    /// Whether other routers may have it open.
    nonisolated var isShared: Bool { listener != nil }

    /// Hears what other routers write; nil where there are none.
    nonisolated let listener: PostgresListener?

    var database: any Database {
        guard let opened else { preconditionFailure("the catalog is used before `open`") }
        return opened
    }

    /// One page of a table: rows of `source` (from, where) before or after the row whose `key` is
    /// the cursor.
    func page<Item: Sendable>(
        _ columns: String, from source: String, _ values: [SQLValue], key: String,
        _ request: PageRequest, as read: (Row) throws(StorageError) -> Item
    ) throws -> Page<Item> {
        let isAscending = request.order == .ascending
        let cursor = request.after.map { [SQLValue.text($0)] } ?? []
        let condition =
            cursor.isEmpty
            ? "" : " AND t.place \(isAscending ? ">" : "<") (SELECT place FROM \(key) = ?)"
        var items: [Item] = []
        try database.query(
            "SELECT \(columns) FROM \(source)\(condition) "
                + "ORDER BY t.place \(isAscending ? "ASC" : "DESC") LIMIT ?",
            values + cursor + [.integer(request.limit + 1)]
        ) { row throws(StorageError) in items.append(try read(row)) }
        return Page(
            items: Array(items.prefix(request.limit)), hasMore: items.count > request.limit)
    }

    /// SQL for the place of the next row of a table; only in a transaction is it still so when the
    /// row is written.
    static func nextPlace(in table: String) -> String {
        "(SELECT COALESCE(MAX(place), 0) + 1 FROM \(table))"
    }
}

/// Where a catalog is.
enum CatalogLocation: Sendable, Equatable, CustomStringConvertible {
    case file(String)
    case server(PostgresAddress)

    /// Without the password.
    var description: String {
        switch self {
        case .file(let path): path
        case .server(let address): "\(address)"
        }
    }

    fileprivate func listener() -> PostgresListener? {
        guard case .server(let address) = self else { return nil }
        return PostgresListener(address, thread: SerialThread())
    }

    fileprivate func database() throws -> any Database {
        switch self {
        case .file(let path): try SQLiteDatabase(path: path)
        case .server(let address): try PostgresDatabase(address)
        }
    }
}
