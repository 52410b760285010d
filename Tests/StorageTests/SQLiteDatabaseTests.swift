import Storage
import Testing

@Suite struct SQLiteDatabaseTests {
    let file = TemporaryFile()

    @Test func `a writer keeps the settings that durability and erasure need`() throws {
        let database = try SQLiteDatabase(path: file.path)
        #expect(try database.setting("journal_mode") == "wal")
        #expect(try database.setting("synchronous") == "2")
        #expect(try database.setting("secure_delete") == "1")
        #expect(try database.setting("foreign_keys") == "1")
    }

    @Test func `text that is not UTF-8 is an error`() throws {
        let database = try SQLiteDatabase(path: file.path)
        #expect(throws: StorageError.self) {
            try database.first("SELECT CAST(x'ff' AS TEXT)") { try $0.text(0) }
        }
    }

    @Test func `a statement without end stops at its deadline, and the next one runs`() throws {
        let database = try SQLiteDatabase(path: file.path)
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        #expect(throws: StorageError.deadlineExceeded(statement: endless)) {
            try database.until(.now + .milliseconds(20)) { try database.run(endless) }
        }
        #expect(try database.first("SELECT 7") { try $0.int(0) } == 7)
    }

    @Test func `a reader sees one moment while a writer goes on`() throws {
        let writer = try SQLiteDatabase(path: file.path)
        try writer.execute("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)")
        let reader = try SQLiteDatabase(path: file.path, access: .readOnly)
        let count = { try reader.first("SELECT count(*) FROM t") { try $0.int(0) } }
        try reader.snapshot {
            #expect(try count() == 1)
            try writer.run("INSERT INTO t VALUES(2)")
            #expect(try count() == 1)
        }
        #expect(try count() == 2)
    }

    @Test func `a file that is no database is refused`() throws {
        try file.write([UInt8](repeating: 65, count: 4_096))
        #expect(throws: StorageError.self) { try SQLiteDatabase(path: file.path) }
    }

    @Test func `a directory that does not exist is named`() {
        #expect(
            throws: StorageError.cannotOpen(
                path: "/nowhere/x", reason: "unable to open database file")
        ) {
            try SQLiteDatabase(path: "/nowhere/x")
        }
    }
}
