import Glibc

/// A folder for one store and one socket, which disappears with this object.
final class TemporaryFolder: Sendable {
    private let path: String
    var database: String { path + "/k.sqlite" }
    var socket: String { path + "/s" }

    init() {
        var template = Array("/tmp/expertmesh-store-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        precondition(made, "/tmp cannot be written")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in [database, database + "-wal", database + "-shm", socket] { unsafe unlink(file) }
        unsafe rmdir(path)
    }
}
