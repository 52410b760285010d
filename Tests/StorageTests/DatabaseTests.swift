import Storage
import Testing

@Suite struct DatabaseTests {
    let file = TemporaryFile()

    @Test func `a writer keeps the settings that durability and erasure need`() throws {
        let database = try Database(path: file.path)
        #expect(try database.setting("journal_mode") == "wal")
        #expect(try database.setting("synchronous") == "2")
        #expect(try database.setting("secure_delete") == "1")
        #expect(try database.setting("foreign_keys") == "1")
    }

    @Test func `values come back as they went in`() throws {
        let database = try Database(path: file.path)
        try database.execute(
            "CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB, e BLOB, f TEXT) STRICT")
        let floats: [Float] = [1.5, -0, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        try database.run(
            "INSERT INTO t VALUES(?, ?, ?, ?, ?, ?)", .integer(Int64.min), .real(0.1), "é\u{0}☃",
            .blob([]),
            .floats(floats), nil)
        let isEqual = try database.first("SELECT * FROM t") { row in
            try row.integer(0) == Int64.min && row.real(1) == 0.1 && row.text(2) == "é\u{0}☃"
                && row.blob(3) == [] && row.floats(4) == floats && row.isNull(5)
        }
        #expect(isEqual == true)
    }

    @Test func `a column of another type is an error that names it`() throws {
        let database = try Database(path: file.path)
        #expect(throws: StorageError.unexpectedValue(column: "answer", expected: "text")) {
            try database.first("SELECT 42 AS answer") { try $0.text(0) }
        }
        #expect(throws: StorageError.unexpectedValue(column: "x", expected: "floats")) {
            try database.first("SELECT x'010203' AS x") { try $0.floats(0) }
        }
    }

    @Test func `text that is not UTF-8 is an error`() throws {
        let database = try Database(path: file.path)
        #expect(throws: StorageError.self) {
            try database.first("SELECT CAST(x'ff' AS TEXT)") { try $0.text(0) }
        }
    }

    @Test func `a transaction whose body throws leaves nothing behind`() throws {
        let database = try Database(path: file.path)
        try database.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)")
        #expect(throws: StorageError.self) {
            try database.transaction {
                try database.run("INSERT INTO t VALUES(1)")
                try database.run("INSERT INTO t VALUES(1)")
            }
        }
        #expect(try database.first("SELECT count(*) FROM t") { try $0.int(0) } == 0)
        try database.transaction { try database.run("INSERT INTO t VALUES(2)") }
        #expect(try database.first("SELECT a FROM t") { try $0.int(0) } == 2)
    }

    @Test func `a statement without end stops at its deadline, and the next one runs`() throws {
        let database = try Database(path: file.path)
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        #expect(throws: StorageError.deadlineExceeded(statement: endless)) {
            try database.until(.now + .milliseconds(20)) { try database.run(endless) }
        }
        #expect(try database.first("SELECT 7") { try $0.int(0) } == 7)
    }

    @Test func `a reader sees one moment while a writer goes on`() throws {
        let writer = try Database(path: file.path)
        try writer.execute("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)")
        let reader = try Database(path: file.path, access: .readOnly)
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
        #expect(throws: StorageError.self) { try Database(path: file.path) }
    }

    @Test func `a directory that does not exist is named`() {
        #expect(
            throws: StorageError.cannotOpen(
                path: "/nowhere/x", reason: "unable to open database file")
        ) {
            try Database(path: "/nowhere/x")
        }
    }
}
