internal import CPostgres
internal import Glibc

/// One session with a PostgreSQL server. Every wait for the network has an end, whatever the server
/// or the network does; after one that was in vain the session is over.
///
/// @safe: the pointer is made in `init`, passed to no one, and finished in `deinit`.
@safe final class PostgresConnection {
    private let handle: OpaquePointer
    /// After a wait in vain an answer may still come, to a question nobody remembers.
    private var isAbandoned = false

    /// What holds unless the address says otherwise. A server that is a replica is passed over; one
    /// that is gone without a word is noticed.
    private static let defaults = [
        ("connect_timeout", "5"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "5"),
        ("keepalives_interval", "2"), ("keepalives_count", "3"), ("sslmode", "prefer"),
        ("target_session_attrs", "read-write"), ("application_name", "expertmesh"),
        ("client_encoding", "UTF8"),
    ]

    /// Throws `unreachable`.
    init(_ address: PostgresAddress, within limit: Duration) throws(StorageError) {
        let settings = Self.defaults + [("dbname", address.uri)]
        let opened = unsafe withCStrings(settings.map(\.0)) { keywords in
            unsafe withCStrings(settings.map(\.1)) { unsafe PQconnectStartParams(keywords, $0, 1) }
        }
        guard let handle = unsafe opened else {
            throw .unreachable(server: "\(address)", reason: "there is no memory")
        }
        unsafe self.handle = handle
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        guard isConnected(by: .now + limit) else {
            let said = lastError
            throw .unreachable(
                server: "\(address)", reason: said.isEmpty ? "no answer within \(limit)" : said)
        }
        unsafe PQsetnonblocking(handle, 1)
    }

    deinit { unsafe PQfinish(handle) }

    private var lastError: String { unsafe String(cString: PQerrorMessage(handle)).firstLine }

    /// 150000 for version 15.0.
    var serverVersion: Int { Int(unsafe PQserverVersion(handle)) }

    /// Whether the session is still there, as far as can be told without asking. A server that says
    /// something to a session at rest says farewell, with hardly an exception; then a new session
    /// is cheaper than a statement of which nobody knows whether it was carried out.
    var isOpen: Bool {
        unsafe !isAbandoned && PQstatus(handle) == CONNECTION_OK
            && !wait(for: Int16(POLLIN), until: .now)
    }

    private func isConnected(by deadline: ContinuousClock.Instant) -> Bool {
        var isWriting = true
        while wait(for: Int16(isWriting ? POLLOUT : POLLIN), until: deadline) {
            switch unsafe PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return true
            case PGRES_POLLING_WRITING: isWriting = true
            case PGRES_POLLING_READING: isWriting = false
            default: return false
            }
        }
        return false
    }

    /// False when the deadline has passed. An error on the socket counts as ready: libpq tells.
    private func wait(for events: Int16, until deadline: ContinuousClock.Instant) -> Bool {
        let socket = unsafe PQsocket(handle)
        guard socket >= 0 else { return true }
        var descriptor = pollfd(fd: socket, events: events, revents: 0)
        while true {
            let rest = max(.zero, ContinuousClock.now.duration(to: deadline))
            let count = unsafe poll(&descriptor, 1, Int32(rest / .milliseconds(1)))
            if count > 0 { return true }
            if count == 0 && ContinuousClock.now >= deadline { return false }
            guard count == 0 || errno == EINTR else { return true }
        }
    }
}

// MARK: - Statements

extension PostgresConnection {
    /// Carries out one statement, written in SQLite's words.
    func run(
        _ sql: String, _ values: [SQLValue], until deadline: ContinuousClock.Instant
    ) throws(StorageError) -> PostgresResult {
        guard let parameters = PostgresParameters(values) else {
            throw .unstorableText(statement: sql)
        }
        let translated = SQLDialect.postgres.statement(sql)
        return try answer(to: sql, until: deadline) {
            unsafe parameters.send(translated, on: handle)
        }
    }

    /// Carries out several statements without parameters; what the last one gave.
    func run(
        script: String, until deadline: ContinuousClock.Instant
    ) throws(StorageError) -> PostgresResult {
        try answer(to: script, until: deadline) { unsafe PQsendQuery(handle, script) == 1 }
    }

    /// False when the deadline has passed. Throws when the session is over.
    func waitForNotification(until deadline: ContinuousClock.Instant) throws(StorageError) -> Bool {
        while true {
            var isNotified = false
            while let notification = unsafe PQnotifies(handle) {
                unsafe PQfreemem(notification)
                isNotified = true
            }
            if isNotified { return true }
            guard wait(for: Int16(POLLIN), until: deadline) else { return false }
            guard unsafe PQconsumeInput(handle) == 1, unsafe PQstatus(handle) == CONNECTION_OK
            else { throw lost("LISTEN") }
        }
    }

    private func answer(
        to sql: String, until deadline: ContinuousClock.Instant, _ send: () -> Bool
    ) throws(StorageError) -> PostgresResult {
        guard !isAbandoned, send() else { throw lost(sql) }
        try flush(sql, until: deadline)
        var last: PostgresResult?
        while let result = try next(sql, until: deadline) {
            let isFailure = result.status == PGRES_FATAL_ERROR
            if last?.status != PGRES_FATAL_ERROR || isFailure { last = result }
        }
        guard let last else { throw lost(sql) }
        try check(last, sql)
        return last
    }

    private func flush(_ sql: String, until deadline: ContinuousClock.Instant) throws(StorageError)
    {
        while true {
            switch unsafe PQflush(handle) {
            case 0: return
            case 1:
                guard wait(for: Int16(POLLOUT | POLLIN), until: deadline) else { throw late(sql) }
            default: throw lost(sql)
            }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost(sql) }
        }
    }

    /// Nil after the last.
    private func next(
        _ sql: String, until deadline: ContinuousClock.Instant
    ) throws(StorageError) -> PostgresResult? {
        while unsafe PQisBusy(handle) == 1 {
            guard wait(for: Int16(POLLIN), until: deadline) else { throw late(sql) }
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost(sql) }
        }
        guard let result = unsafe PQgetResult(handle) else { return nil }
        return unsafe PostgresResult(owning: result)
    }

    private func check(_ result: PostgresResult, _ sql: String) throws(StorageError) {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: throw failure(result, sql)
        }
    }

    private func failure(_ result: PostgresResult, _ sql: String) -> StorageError {
        guard unsafe PQstatus(handle) == CONNECTION_OK else { return lost(sql, result.errorText) }
        switch result.errorCode {
        case "57014": return .deadlineExceeded(statement: sql)
        case "55P03", "40001", "40P01": return .contended(statement: sql)
        case "53100": return .diskFull(statement: sql)
        // A replica took the server's place, or the server is about to end.
        case "25006", "57P01", "57P02", "57P03":
            isAbandoned = true
            return lost(sql, result.errorText)
        case let code: return .refused(statement: sql, code: code, reason: result.errorText)
        }
    }

    private func lost(_ sql: String, _ reason: String? = nil) -> StorageError {
        let words = reason ?? lastError
        isAbandoned = true
        return .connectionLost(
            statement: sql, reason: words.isEmpty ? "the connection is closed" : words)
    }

    private func late(_ sql: String) -> StorageError {
        lost(sql, "the server does not answer")
    }
}

/// Lends texts as a list of C strings that ends with nil, as C wants lists.
private func withCStrings<Value>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
    let copies = unsafe texts.map { unsafe UnsafePointer(strdup($0)) } + [nil]
    defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}
