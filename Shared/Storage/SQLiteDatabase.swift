internal import CSQLite

/// One connection to one SQLite file. Not `Sendable`: it belongs to whoever made it, normally an
/// actor on a `SerialThread`, because every call may block on the disk.
///
/// A writer is durable by construction: write-ahead log, `synchronous=FULL` (an acknowledged
/// transaction was flushed), deleted bytes overwritten. `init` reads the settings back and refuses
/// a file where they do not hold.
///
/// @safe: the pointer is made in `init`, passed to no one, and closed in `deinit` after its
/// statements.
@safe public final class SQLiteDatabase: Database {
    /// A reader cannot change the file, whatever it runs.
    public enum Access: Sendable { case readWrite, readOnly }

    let connection: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private let deadline = DeadlineGuard()
    private var diskFailure: StorageError?
    private var isInTransaction = false

    public let dialect = SQLDialect.sqlite

    /// Opens the file; `readWrite` creates it when it is absent.
    public init(path: String, access: Access = .readWrite) throws {
        let flags =
            access == .readWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        var opened: OpaquePointer?
        let result = unsafe sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard result == SQLITE_OK, let connection = unsafe opened else {
            unsafe sqlite3_close_v2(opened)
            let reason = unsafe String(cString: sqlite3_errstr(result))
            throw StorageError.cannotOpen(path: path, reason: reason)
        }
        unsafe self.connection = connection
        unsafe sqlite3_extended_result_codes(connection, 1)
        unsafe deadline.watch(connection)
        try configure(access, path: path)
    }

    deinit {
        for statement in statements.values { statement.finalize() }
        unsafe sqlite3_close_v2(connection)
    }

    /// Runs a script without parameters.
    public func execute(_ script: String) throws(StorageError) {
        try checkDisk()
        let result = unsafe sqlite3_exec(connection, script, nil, nil, nil)
        guard result == SQLITE_OK else {
            throw noted(unsafe failure(of: script, code: result, on: connection))
        }
    }

    /// Runs a statement and ignores its rows.
    public func run(_ sql: String, values: [SQLValue]) throws(StorageError) {
        try checkDisk()
        let statement = try ready(sql, values)
        defer { statement.reset() }
        while try step(statement) {}
    }

    /// Calls `body` for each row of a query.
    public func query(
        _ sql: String, _ values: [SQLValue] = [], _ body: (Row) throws -> Void
    ) throws {
        let statement = try ready(sql, values)
        defer { statement.reset() }
        while try step(statement) { try body(Row(columns: statement)) }
    }

    /// All or nothing: commits what `body` wrote, or undoes it and throws on. Takes the file's
    /// write lock at once, so that what `body` reads is still so when it writes.
    public func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try enclosed(by: "BEGIN IMMEDIATE", body)
    }

    /// Everything that `body` reads is of one moment.
    public func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try enclosed(by: "BEGIN", body)
    }

    private func enclosed<Value>(by begin: String, _ body: () throws -> Value) throws -> Value {
        precondition(!isInTransaction, "transactions do not nest")
        try run(begin)
        isInTransaction = true
        defer { isInTransaction = false }
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// The file belongs to one process.
    public func tryLock(_ key: Int64) -> Bool { true }

    public func holdsLock(_ key: Int64) -> Bool { true }

    /// There is nobody to tell.
    public func notify() {}

    /// The row id that the last INSERT of this connection made.
    public var lastInsertedRowID: Int64 { unsafe sqlite3_last_insert_rowid(connection) }

    /// How many rows the last statement of this connection inserted, changed or deleted.
    public var changedRowCount: Int { Int(unsafe sqlite3_changes64(connection)) }

    /// Statements inside `body` that run past `instant` stop with `deadlineExceeded`.
    public func until<Value>(_ instant: ContinuousClock.Instant, _ body: () throws -> Value) throws
        -> Value
    {
        deadline.instant = instant
        defer { deadline.instant = nil }
        return try body()
    }

    /// Makes the full-text function `term_counts` available (see csqlite.h).
    public func addTermCounts() throws(StorageError) {
        guard unsafe csqlite_add_term_counts(connection) == SQLITE_OK else {
            throw .refused(
                statement: "term_counts", code: "\(SQLITE_ERROR)",
                reason: "SQLite was built without FTS5")
        }
    }
}

extension SQLiteDatabase {
    private func ready(
        _ sql: String, _ values: [SQLValue]
    ) throws(StorageError) -> SQLiteStatement {
        guard !deadline.isOver else { throw .deadlineExceeded(statement: sql) }
        let statement = try statement(sql)
        statement.bind(values)
        return statement
    }

    /// True when there is a row, false at the end.
    private func step(_ statement: SQLiteStatement) throws(StorageError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw noted(unsafe failure(of: statement.sql, code: code, on: connection))
        }
    }

    private func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        if let known = statements[sql] { return known }
        let prepared = try unsafe SQLiteStatement(sql, on: connection)
        if statements.count >= Self.cachedStatementCountMax { forgetStatements() }
        statements[sql] = prepared
        return prepared
    }

    private func forgetStatements() {
        for statement in statements.values { statement.finalize() }
        statements.removeAll(keepingCapacity: true)
    }

    /// After a failed COMMIT SQLite may have rolled back by itself; then there is nothing left to
    /// undo.
    private func rollBack() {
        guard unsafe sqlite3_get_autocommit(connection) == 0 else { return }
        unsafe sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
    }

    private func checkDisk() throws(StorageError) {
        if let diskFailure { throw .closedForWriting(cause: diskFailure.description) }
    }

    private func noted(_ error: StorageError) -> StorageError {
        if case .diskFailed = error { diskFailure = error }
        return error
    }
}
