import Glibc
import Storage
import Synchronization
import Testing

private let isFlushBroken = Atomic(false)

/// SQLite flushes through `fdatasync`. This definition takes the place of the C library's in the test process.
@_cdecl("fdatasync") func flush(_ file: CInt) -> CInt {
    guard isFlushBroken.load(ordering: .relaxed) else { return fsync(file) }
    errno = EIO
    return -1
}

@Suite struct DiskFailureTests {
    @Test func `after a failed flush nothing more is written, and a restart finds the last good commit`() async {
        await #expect(processExitsWith: .success) {
            let file = TemporaryFile()
            let database = try Database(path: file.path)
            try database.execute("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)")
            isFlushBroken.store(true, ordering: .relaxed)
            let first = #expect(throws: StorageError.self) { try database.run("INSERT INTO t VALUES(2)") }
            #expect(first?.isFatalToWriter == true)
            isFlushBroken.store(false, ordering: .relaxed)
            let second = #expect(throws: StorageError.self) { try database.run("INSERT INTO t VALUES(3)") }
            #expect(second?.isFatalToWriter == true)
            let again = try Database(path: file.path)
            let values = try again.rows("SELECT a FROM t ORDER BY a") { try $0.int(0) }
            #expect(values == [1] || values == [1, 2], "an unacknowledged write may have reached the disk")
        }
    }

    @Test func `a full disk undoes the write and reading goes on`() async {
        await #expect(processExitsWith: .success) {
            let file = TemporaryFile()
            let database = try Database(path: file.path)
            try database.execute("CREATE TABLE t(a BLOB); PRAGMA max_page_count=64")
            #expect(throws: StorageError.diskFull(statement: "INSERT INTO t VALUES(?)")) {
                try database.run("INSERT INTO t VALUES(?)", .blob([UInt8](repeating: 1, count: 1 << 20)))
            }
            try database.run("INSERT INTO t VALUES(?)", .blob([1]))
            #expect(try database.first("SELECT count(*) FROM t") { try $0.int(0) } == 1)
        }
    }
}
