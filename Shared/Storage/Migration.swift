/// One step of the schema. Steps are for ever: a released one is never edited, a change is a new
/// step.
public struct Migration: Sendable {
    /// Counts from 1.
    public let version: Int
    /// Says in a few words what the step does.
    public let name: String
    /// SQL without parameters.
    public let script: String

    /// The parts, as described above.
    public init(version: Int, name: String, script: String) {
        self.version = version
        self.name = name
        self.script = script
    }
}

extension Database {
    /// Brings the schema up to the last step, each step in a transaction of its own.
    ///
    /// Throws `newerSchema` when the file was written by a later program; such a file is not
    /// touched.
    public func migrate(_ steps: [Migration], path: String) throws {
        precondition(
            steps.map(\.version) == Array(1..<steps.count + 1), "versions count from 1 without gaps"
        )
        try execute(
            """
            CREATE TABLE IF NOT EXISTS schema_version(
                version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT
            """)
        let found =
            try first("SELECT COALESCE(MAX(version), 0) FROM schema_version") { try $0.int(0) } ?? 0
        guard found <= steps.count else {
            throw StorageError.newerSchema(path: path, found: found, known: steps.count)
        }
        for step in steps.dropFirst(found) { try apply(step) }
    }

    private func apply(_ step: Migration) throws {
        try transaction {
            try execute(step.script)
            try run(
                "INSERT INTO schema_version VALUES(?, ?, unixepoch())",
                .integer(step.version), .text(step.name))
        }
    }
}
