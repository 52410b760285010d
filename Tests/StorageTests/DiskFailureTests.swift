import CSQLite
import Testing

@testable import Storage

@Suite struct DiskFailureTests {
    let file = TemporaryFile()

    @Test
    func `after a failed flush nothing more is written, and a restart finds what was acknowledged`()
        throws
    {
        let database = try SQLiteDatabase(path: file.path)
        try database.execute("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)")
        database.breakFlush()
        for value in [2, 3] as [SQLValue] {
            let error = #expect(throws: StorageError.self) {
                try database.run("INSERT INTO t VALUES(?)", value)
            }
            #expect(error?.isFatalToWriter == true)
        }
        let again = try SQLiteDatabase(path: file.path)
        let values = try again.rows("SELECT a FROM t ORDER BY a") { try $0.int(0) }
        #expect(
            values == [1] || values == [1, 2],
            "the write that failed may have reached the disk, no later one")
    }

    @Test func `a full disk undoes the write, and the next one may succeed`() throws {
        let database = try SQLiteDatabase(path: file.path)
        try database.execute("CREATE TABLE t(a BLOB); PRAGMA max_page_count=64")
        #expect(throws: StorageError.diskFull(statement: "INSERT INTO t VALUES(?)")) {
            try database.run(
                "INSERT INTO t VALUES(?)", .blob([UInt8](repeating: 1, count: 1 << 20)))
        }
        try database.run("INSERT INTO t VALUES(?)", .blob([1]))
        #expect(try database.first("SELECT count(*) FROM t") { try $0.int(0) } == 1)
    }
}

extension SQLiteDatabase {
    /// From now on the operating system reports that the log could not be flushed. What is
    /// allocated here lives as long as the process.
    fileprivate func breakFlush() {
        var log: UnsafeMutablePointer<sqlite3_file>?
        unsafe sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
        let broken = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        unsafe broken.initialize(to: log!.pointee.pMethods.pointee)
        // SQLITE_IOERR_FSYNC is a macro that does not import.
        unsafe broken.pointee.xSync = { _, _ in SQLITE_IOERR | 4 << 8 }
        unsafe log!.pointee.pMethods = UnsafePointer(broken)
    }
}
