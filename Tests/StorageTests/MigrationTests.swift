import Storage
import Testing

@Suite struct MigrationTests {
    let file = TemporaryFile()
    let steps = [
        Migration(version: 1, name: "table", script: "CREATE TABLE t(a INTEGER)"),
        Migration(
            version: 2, name: "column",
            script: "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'x'"),
    ]

    @Test(arguments: Backend.available)
    func `each step is applied once, in order`(_ backend: Backend) throws {
        let database = try backend.place(file).open()
        try database.migrate([steps[0]], path: "test")
        try database.run("INSERT INTO t VALUES(1)")
        try database.migrate(steps, path: "test")
        try database.migrate(steps, path: "test")
        #expect(try database.first("SELECT b FROM t") { try $0.text(0) } == "x")
        let names = try database.rows("SELECT name FROM schema_version ORDER BY version") {
            try $0.text(0)
        }
        #expect(names == ["table", "column"])
    }

    @Test(arguments: Backend.available)
    func `a database of a later program is refused`(_ backend: Backend) throws {
        let database = try backend.place(file).open()
        try database.migrate(steps, path: "test")
        #expect(throws: StorageError.newerSchema(path: "test", found: 2, known: 1)) {
            try database.migrate([steps[0]], path: "test")
        }
    }

    @Test(arguments: Backend.available)
    func `a step that fails leaves the version before it`(_ backend: Backend) throws {
        let database = try backend.place(file).open()
        let broken = Migration(
            version: 2, name: "broken", script: "CREATE TABLE u(a TEXT); CREATE TABLE t(a TEXT)")
        #expect(throws: StorageError.self) {
            try database.migrate([steps[0], broken], path: "test")
        }
        #expect(
            try database.first("SELECT MAX(version) FROM schema_version") { try $0.int(0) } == 1)
        try database.execute("CREATE TABLE u(a TEXT)")
    }

    @Test(arguments: Backend.available)
    func `processes that start together agree on who applies a step`(
        _ backend: Backend
    ) async throws {
        let place = try backend.place(file)
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                let database = Fresh(try place.open(), steps)
                group.addTask { try database.migrate() }
            }
            try await group.waitForAll()
        }
        let count = try place.open().first("SELECT COUNT(*) FROM schema_version") { try $0.int(0) }
        #expect(count == steps.count)
    }
}

/// A connection that one task uses.
private struct Fresh: @unchecked Sendable {
    private let database: any Database
    private let steps: [Migration]

    /// Nobody else uses the connection.
    init(_ database: any Database, _ steps: [Migration]) {
        (self.database, self.steps) = (database, steps)
    }

    func migrate() throws { try database.migrate(steps, path: "test") }
}
