import Storage
import Support
import Testing

/// The databases that pass the same tests.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgres

    /// Without those that this machine lacks.
    static let available = allCases.filter { $0 == .sqlite || PostgresServer.isAvailable }

    var testDescription: String { rawValue }

    /// A place for a new database.
    /// - Parameter file: used by SQLite; the database goes with it.
    func place(_ file: TemporaryFile) throws -> DatabasePlace {
        switch self {
        case .sqlite: .file(file.path)
        case .postgres: .server(try PostgresServer.shared.get().makeDatabase())
        }
    }
}

/// Where a database of a test is.
enum DatabasePlace {
    case file(String)
    case server(PostgresAddress)

    /// A connection of its own.
    func open() throws -> any Database {
        switch self {
        case .file(let path): try SQLiteDatabase(path: path)
        case .server(let address): try PostgresDatabase(address)
        }
    }
}

struct BackendTests {
    @Test(.withPostgres)
    func `all backends are tested`() { #expect(Backend.available.count == 2) }
}
