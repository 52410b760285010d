import Storage
import Testing

/// What both kinds of database promise.
@Suite struct DatabaseTests {
    let file = TemporaryFile()
    private static let table =
        "CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB, e BLOB, f TEXT) STRICT"

    private func open(_ place: DatabasePlace, _ script: String) throws -> any Database {
        let database = try place.open()
        try database.migrate(
            [Migration(version: 1, name: "table", script: script)], path: "test")
        return database
    }

    @Test(arguments: Backend.available)
    func `values come back as they went in`(_ backend: Backend) throws {
        let database = try open(backend.place(file), Self.table)
        let floats: [Float] = [1.5, -0, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        try database.run(
            "INSERT INTO t VALUES(?, ?, ?, ?, ?, ?)", .integer(Int64.min), .real(0.1), "é'?☃",
            .blob([]), .floats(floats), nil)
        let isEqual = try database.first("SELECT * FROM t WHERE c = 'é''?☃' AND a < ?", 0) { row in
            try row.integer(0) == Int64.min && row.real(1) == 0.1 && row.text(2) == "é'?☃"
                && row.blob(3) == [] && row.floats(4) == floats && row.isNull(5)
        }
        #expect(isEqual == true)
    }

    @Test(arguments: Backend.available)
    func `large bytes come back as they went in`(_ backend: Backend) throws {
        let database = try open(backend.place(file), "CREATE TABLE t(a BLOB NOT NULL) STRICT")
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        try database.run("INSERT INTO t VALUES(?)", .blob(bytes))
        #expect(try database.first("SELECT a FROM t") { try $0.blob(0) } == bytes)
        #expect(try database.first("SELECT length(a) FROM t") { try $0.int(0) } == bytes.count)
    }

    @Test(arguments: Backend.available)
    func `a parameter may stand twice, and those without a number follow`(
        _ backend: Backend
    ) throws {
        let database = try open(backend.place(file), "CREATE TABLE t(a INTEGER, b TEXT) STRICT")
        try database.run("INSERT INTO t VALUES(?2, ?1)", "x", 3)
        let found = try database.rows(
            "SELECT a FROM t WHERE b = ?1 AND b = ?1 AND a > ? AND a < ?", "x", 2, 4
        ) { try $0.int(0) }
        #expect(found == [3])
    }

    @Test(arguments: Backend.available)
    func `a column of another type is an error that names it`(_ backend: Backend) throws {
        let table = try open(backend.place(file), "CREATE TABLE t(x BLOB) STRICT")
        #expect(throws: StorageError.unexpectedValue(column: "answer", expected: "text")) {
            try table.first("SELECT 42 AS answer") { try $0.text(0) }
        }
        try table.run("INSERT INTO t VALUES(?)", .blob([1, 2, 3]))
        #expect(throws: StorageError.unexpectedValue(column: "x", expected: "floats")) {
            try table.first("SELECT x FROM t") { try $0.floats(0) }
        }
        try table.run("UPDATE t SET x = NULL")
        #expect(throws: StorageError.unexpectedValue(column: "x", expected: "bytes")) {
            try table.first("SELECT x FROM t") { try $0.blob(0) }
        }
    }

    @Test(arguments: Backend.available)
    func `a transaction whose body throws leaves nothing behind`(_ backend: Backend) throws {
        let database = try open(
            try backend.place(file), "CREATE TABLE t(a INTEGER PRIMARY KEY) STRICT")
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

    @Test(arguments: Backend.available)
    func `a transaction that swallowed an error does not pretend to have been committed`(
        _ backend: Backend
    ) throws {
        let database = try open(
            try backend.place(file), "CREATE TABLE t(a INTEGER PRIMARY KEY) STRICT")
        do {
            try database.transaction {
                try database.run("INSERT INTO t VALUES(1)")
                do { try database.run("INSERT INTO t VALUES(1)") } catch {}
            }
            #expect(try database.first("SELECT count(*) FROM t") { try $0.int(0) } == 1)
        } catch {
            #expect(try database.first("SELECT count(*) FROM t") { try $0.int(0) } == 0)
        }
    }

    @Test(arguments: Backend.available)
    func `the count of changed rows is that of the last statement`(_ backend: Backend) throws {
        let database = try open(backend.place(file), "CREATE TABLE t(a INTEGER) STRICT")
        try database.run("INSERT INTO t VALUES(1), (2), (3)")
        try database.run("UPDATE t SET a = 7 WHERE a > ?", 1)
        #expect(database.changedRowCount == 2)
        try database.run("DELETE FROM t WHERE a = 9")
        #expect(database.changedRowCount == 0)
    }

    @Test(arguments: Backend.available)
    func `what a transaction has read is still so when it writes`(_ backend: Backend) async throws {
        let place = try backend.place(file)
        try open(place, "CREATE TABLE t(a INTEGER) STRICT").run("INSERT INTO t VALUES(0)")
        try await withThrowingTaskGroup { group in
            for _ in 0..<3 {
                let database = Unshared(try place.open())
                group.addTask { try database.increment(times: 40) }
            }
            try await group.waitForAll()
        }
        #expect(try place.open().first("SELECT a FROM t") { try $0.int(0) } == 120)
    }
}

/// A connection that one task uses.
private struct Unshared: @unchecked Sendable {
    private let database: any Database

    /// Nobody else uses the connection.
    init(_ database: any Database) { self.database = database }

    func increment(times count: Int) throws {
        for _ in 0..<count {
            try database.transaction {
                let found = try database.first("SELECT a FROM t") { try $0.int(0) } ?? 0
                try database.run("UPDATE t SET a = ?", .integer(found + 1))
            }
        }
    }
}
