import Glibc
public import Storage
public import Testing

/// A PostgreSQL server that lives as long as this test process; see `postgres.sh`.
///
/// @unchecked Sendable: the streams are only used by `obey`, which tests call one at a time.
@safe public final class PostgresServer: @unchecked Sendable {
    /// The server of this process, or why there is none.
    public static let shared: Result<PostgresServer, PostgresUnavailable> = start()

    public static var isAvailable: Bool { absence == nil }

    /// Why there is none; nil when there is one.
    static var absence: String? {
        switch shared {
        case .success: nil
        case .failure(let error): error.reason
        }
    }

    private let folder: String
    /// What it reads; closed by the system when this process ends, however it does.
    private let orders: UnsafeMutablePointer<FILE>
    private let answers: UnsafeMutablePointer<FILE>

    private init(
        folder: String, orders: UnsafeMutablePointer<FILE>, answers: UnsafeMutablePointer<FILE>
    ) {
        self.folder = folder
        unsafe (self.orders, self.answers) = (orders, answers)
    }

    private static func start() -> Result<PostgresServer, PostgresUnavailable> {
        let script = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let pipe = "/tmp/expertmesh-answers-\(getpid())"
        guard unsafe mkfifo(pipe, 0o600) == 0 else { return .failure(.init(reason: "no pipe")) }
        defer { unsafe unlink(pipe) }
        guard let orders = unsafe popen("'/\(script)/postgres.sh' \(pipe)", "we"),
            let answers = unsafe fopen(pipe, "re")
        else { return .failure(.init(reason: "no shell")) }
        let answer = unsafe line(of: answers)
        guard answer.hasPrefix("ready ") else { return .failure(.init(reason: answer)) }
        return unsafe .success(
            PostgresServer(
                folder: String(answer.dropFirst(6)), orders: orders, answers: answers))
    }

    /// A new and empty database, where no other test is.
    public func makeDatabase() throws -> PostgresAddress {
        let name = "test_\(UInt64.random(in: 0 ... .max))"
        try PostgresDatabase(address(of: "postgres")).execute("CREATE DATABASE \(name)")
        return address(of: name)
    }

    public func address(of database: String) -> PostgresAddress {
        let host = folder.split(separator: "/").map { "%2F\($0)" }.joined()
        return PostgresAddress("postgres://mesh@\(host)/\(database)")!
    }

    /// Ends all other sessions of a database; returns when they are over.
    public func endSessions(of address: PostgresAddress) throws {
        let others = """
            FROM pg_stat_activity WHERE datname = current_database()
            AND backend_type = 'client backend' AND pid <> pg_backend_pid()
            """
        let database = try PostgresDatabase(address)
        try database.run("SELECT pg_terminate_backend(pid) \(others)")
        while try database.first("SELECT count(*) \(others)", as: { try $0.int(0) }) != 0 {}
    }

    /// `stop` or `start`; returns when it is done.
    public func obey(_ order: String) {
        unsafe fputs("\(order)\n", orders)
        unsafe fflush(orders)
        let answer = unsafe Self.line(of: answers)
        precondition(answer == "done", answer)
    }

    private static func line(of stream: UnsafeMutablePointer<FILE>) -> String {
        var text = ""
        while case let byte = unsafe fgetc(stream), byte != EOF, byte != 10 {
            text.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: byte)))
        }
        return text
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips, with the reason, where no PostgreSQL server can be started.
    public static var withPostgres: ConditionTrait {
        .enabled(if: PostgresServer.isAvailable, "\(PostgresServer.absence ?? "")")
    }
}

/// Why there is no server.
public struct PostgresUnavailable: Error {
    public let reason: String
}
