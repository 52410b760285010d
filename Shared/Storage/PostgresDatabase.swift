/// A database on a PostgreSQL server, which several processes may share.
///
/// The connection is opened with the first use, and again with the next one after it was lost. What
/// was under way then is never repeated: nobody knows whether it was done.
///
/// Transactions follow one another over all processes, as they do in a SQLite file: each begins
/// with one advisory lock. So what a transaction has read is still so when it writes, and none has
/// to be begun anew, as PostgreSQL's own SERIALIZABLE would ask for.
public final class PostgresDatabase: Database {
    public let dialect = SQLDialect.postgres
    public private(set) var changedRowCount = 0
    let address: PostgresAddress
    private var connection: PostgresConnection?
    /// Of the session, and lost with it.
    private var locks: Set<Int64> = []
    private var isInTransaction = false
    /// While the server is away, whoever waits in line is refused at once instead of one by one.
    private var failure: (error: StorageError, until: ContinuousClock.Instant)?

    /// Connects, and looks whether the server keeps what it acknowledges.
    public init(_ address: PostgresAddress) throws {
        self.address = address
        try checkSettings()
    }

    /// Runs a script without parameters.
    public func execute(_ script: String) throws(StorageError) {
        _ = try ready(for: script).run(script: script, until: .now + Self.answerDurationMax)
    }

    /// Runs a statement and ignores its rows.
    public func run(_ sql: String, values: [SQLValue]) throws(StorageError) {
        changedRowCount = try result(of: sql, values).changedRowCount
    }

    /// Calls `body` for each row of a query.
    public func query(
        _ sql: String, _ values: [SQLValue] = [], _ body: (Row) throws -> Void
    ) throws {
        let result = try result(of: sql, values)
        for row in 0..<result.rowCount {
            try body(Row(columns: PostgresRow(result: result, row: row)))
        }
    }

    /// All or nothing, and one at a time; see above.
    public func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        precondition(!isInTransaction, "transactions do not nest")
        try execute("BEGIN")
        isInTransaction = true
        defer { isInTransaction = false }
        do {
            try execute("SELECT pg_advisory_xact_lock(\(Self.transactionLock))")
            let value = try body()
            try commit()
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    public func tryLock(_ key: Int64) throws -> Bool {
        _ = try ready(for: "lock")
        if locks.contains(key) { return true }
        let isTaken = try first(
            "SELECT CASE WHEN pg_try_advisory_lock(?) THEN 1 ELSE 0 END", .integer(key)
        ) { try $0.int(0) == 1 }
        if isTaken == true { locks.insert(key) }
        return isTaken == true
    }

    public func holdsLock(_ key: Int64) -> Bool { connection != nil && locks.contains(key) }

    public func notify() throws(StorageError) { try execute("NOTIFY \(PostgresListener.channel)") }

    /// PostgreSQL answers the COMMIT of a transaction that has failed with ROLLBACK, and no error.
    private func commit() throws(StorageError) {
        let done = try ready(for: "COMMIT").run(
            script: "COMMIT", until: .now + Self.answerDurationMax)
        guard done.command == "COMMIT" else {
            throw .refused(
                statement: "COMMIT", code: "25P02", reason: "the transaction had failed before")
        }
    }

    /// What cannot be undone in words ends with the session.
    private func rollBack() {
        do { try execute("ROLLBACK") } catch { connection = nil }
    }

    private func result(
        of sql: String, _ values: [SQLValue]
    ) throws(StorageError) -> PostgresResult {
        try ready(for: sql).run(sql, values, until: .now + Self.answerDurationMax)
    }

    /// The session; outside a transaction a new one where the former is lost.
    private func ready(for sql: String) throws(StorageError) -> PostgresConnection {
        if let connection, isInTransaction || connection.isOpen { return connection }
        guard !isInTransaction else {
            throw .connectionLost(statement: sql, reason: "the transaction has ended with it")
        }
        if let failure, failure.until > .now { throw failure.error }
        connection = nil
        do {
            let opened = try PostgresConnection(address, within: Self.connectDurationMax)
            _ = try opened.run(script: Self.settings, until: .now + Self.answerDurationMax)
            (connection, failure, locks) = (opened, nil, [])
            return opened
        } catch {
            failure = (error, .now + Self.reconnectPause)
            throw error
        }
    }

    /// Which server it is; for messages.
    public var description: String { address.description }
}

// MARK: - Settings

extension PostgresDatabase {
    static let connectDurationMax = Duration.seconds(5)
    /// A little longer than a statement may take, so that the server's own word comes first.
    static let answerDurationMax = Duration.seconds(35)
    static let reconnectPause = Duration.milliseconds(250)
    /// The lock that puts transactions in line; any number that others do not use.
    private static let transactionLock = 0x4578_7065_7274_0001
    private static let serverVersionMin = 140_000

    /// A statement and a wait for a lock end. What a process that stands still, or a host that is
    /// gone, had locked is free again after ten seconds; one that works is never silent so long.
    private static let settings = """
        SET idle_session_timeout = '10s';
        SET statement_timeout = '30s'; SET lock_timeout = '10s';
        SET idle_in_transaction_session_timeout = '30s'; SET standard_conforming_strings = on;
        SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3
        """

    /// Refuses a server where a commit is acknowledged before it is on the disk, or where text is
    /// not checked.
    private func checkSettings() throws {
        let version = try ready(for: "connect").serverVersion
        guard version >= Self.serverVersionMin else {
            throw refused("it is version \(version / 10_000), and must be 14 or later")
        }
        for (setting, forbidden) in [("fsync", "off"), ("synchronous_commit", "off")] {
            guard try self.setting(setting) != forbidden else {
                throw refused("\(setting) is \(forbidden): it would lose what it acknowledges")
            }
        }
        let encoding = try setting("server_encoding")
        guard encoding == "UTF8" else { throw refused("its encoding is \(encoding), not UTF8") }
    }

    private func setting(_ name: String) throws -> String {
        try first("SELECT current_setting(?)", .text(name)) { try $0.text(0) } ?? ""
    }

    private func refused(_ reason: String) -> StorageError {
        .cannotOpen(path: "\(address)", reason: reason)
    }
}
