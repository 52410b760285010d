/// One connection to a database, of which there are two kinds: a SQLite file, and a PostgreSQL
/// server that several processes share. Not `Sendable`: it belongs to whoever made it, normally an
/// actor on a `SerialThread`, because every call may block.
///
/// Statements are written once for both. Parameters are `?`, or `?1` where one stands twice; their
/// order is SQLite's. What else differs is in `SQLDialect`.
public protocol Database: AnyObject {
    var dialect: SQLDialect { get }

    /// Runs a script without parameters.
    func execute(_ script: String) throws(StorageError)

    /// Runs a statement and ignores its rows.
    func run(_ sql: String, values: [SQLValue]) throws(StorageError)

    /// Calls `body` for each row of a query.
    func query(_ sql: String, _ values: [SQLValue], _ body: (Row) throws -> Void) throws

    /// All or nothing: commits what `body` wrote, or undoes it and throws on. One transaction at a
    /// time, whatever process begins it: what `body` reads is still so when it writes.
    func transaction<Value>(_ body: () throws -> Value) throws -> Value

    /// Takes a lock that one session of all can have, and that is lost with the session; false when
    /// another has it. A SQLite file has no other session that would ask.
    func tryLock(_ key: Int64) throws -> Bool

    /// Whether this session has the lock. Within a transaction that is true until its end.
    func holdsLock(_ key: Int64) -> Bool

    /// Within a transaction: tells every `PostgresListener` once it is committed.
    func notify() throws(StorageError)

    /// How many rows the last `run` inserted, changed or deleted.
    var changedRowCount: Int { get }
}

extension Database {
    /// Runs a statement and ignores its rows.
    public func run(_ sql: String, _ values: SQLValue...) throws(StorageError) {
        try run(sql, values: values)
    }

    /// What `body` makes of each row.
    public func rows<Value>(
        _ sql: String, _ values: SQLValue..., as body: (Row) throws -> Value
    ) throws -> [Value] {
        var result: [Value] = []
        try query(sql, values) { result.append(try body($0)) }
        return result
    }

    /// What `body` makes of the first row, or nil when there is none. The statement runs to its
    /// end.
    public func first<Value>(
        _ sql: String, _ values: SQLValue..., as body: (Row) throws -> Value
    ) throws -> Value? {
        var result: Value?
        var isFirst = true
        try query(sql, values) { row in
            guard isFirst else { return }
            isFirst = false
            result = try body(row)
        }
        return result
    }
}
