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

    @Test func `each step is applied once, in order`() throws {
        let database = try Database(path: file.path)
        try database.migrate([steps[0]], path: file.path)
        try database.run("INSERT INTO t VALUES(1)")
        try database.migrate(steps, path: file.path)
        try database.migrate(steps, path: file.path)
        #expect(try database.first("SELECT b FROM t") { try $0.text(0) } == "x")
        let names = try database.rows("SELECT name FROM schema_version ORDER BY version") {
            try $0.text(0)
        }
        #expect(names == ["table", "column"])
    }

    @Test func `a file of a later program is refused`() throws {
        let database = try Database(path: file.path)
        try database.migrate(steps, path: file.path)
        #expect(throws: StorageError.newerSchema(path: file.path, found: 2, known: 1)) {
            try database.migrate([steps[0]], path: file.path)
        }
    }

    @Test func `a step that fails leaves the version before it`() throws {
        let database = try Database(path: file.path)
        let broken = Migration(
            version: 2, name: "broken", script: "CREATE TABLE u(a); CREATE TABLE t(a)")
        #expect(throws: StorageError.self) {
            try database.migrate([steps[0], broken], path: file.path)
        }
        #expect(
            try database.first("SELECT MAX(version) FROM schema_version") { try $0.int(0) } == 1)
        #expect(
            try database.first("SELECT 1 FROM sqlite_schema WHERE name = 'u'") { try $0.int(0) }
                == nil)
    }
}
