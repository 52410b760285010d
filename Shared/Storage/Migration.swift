internal import Glibc

/// One step of the schema. Steps are for ever: a released one is never edited, a change is a new
/// step.
public struct Migration: Sendable {
    /// Counts from 1.
    public let version: Int
    /// Says in a few words what the step does.
    public let name: String
    /// SQL without parameters, with SQLite's names of types.
    public let script: String
    /// What follows in a SQLite file only: it carries over rows from before, which no PostgreSQL
    /// database of that time has.
    public let sqliteScript: String

    /// The parts, as described above.
    public init(version: Int, name: String, script: String, sqliteScript: String = "") {
        self.version = version
        self.name = name
        self.script = script
        self.sqliteScript = sqliteScript
    }
}

extension Database {
    /// Brings the schema up to the last step, each step in a transaction of its own. Several
    /// processes may do this at once.
    ///
    /// Throws `newerSchema` when the database was written by a later program; such a one is not
    /// touched.
    ///
    /// - Parameter path: what errors call it.
    public func migrate(_ steps: [Migration], path: String) throws {
        precondition(
            steps.map(\.version) == Array(1..<steps.count + 1), "versions count from 1 without gaps"
        )
        try transaction { try makeVersionTable() }
        while try transaction({ try applyNext(of: steps, path) }) {}
    }

    private func makeVersionTable() throws {
        try execute(
            dialect.schema(
                """
                CREATE TABLE IF NOT EXISTS schema_version(
                    version INTEGER PRIMARY KEY, name TEXT NOT NULL,
                    applied_at INTEGER NOT NULL) STRICT
                """))
    }

    /// False when there was none.
    private func applyNext(of steps: [Migration], _ path: String) throws -> Bool {
        let found =
            try first("SELECT COALESCE(MAX(version), 0) FROM schema_version") { try $0.int(0) } ?? 0
        guard found <= steps.count else {
            throw StorageError.newerSchema(path: path, found: found, known: steps.count)
        }
        guard found < steps.count else { return false }
        let step = steps[found]
        try execute(dialect.schema(step.script))
        if dialect == .sqlite { try execute(step.sqliteScript) }
        try run(
            "INSERT INTO schema_version VALUES(?, ?, ?)", .integer(step.version), .text(step.name),
            .integer(time(nil)))
        return true
    }
}
