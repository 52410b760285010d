import Glibc

/// A path in a new directory that disappears with this object.
final class TemporaryFile: Sendable {
    private let directory: String
    var path: String { directory + "/test.sqlite" }

    init() {
        var template = Array("/tmp/expertmesh-storage-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        precondition(made, "/tmp cannot be written")
        directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) }
        unsafe rmdir(directory)
    }

    func write(_ bytes: [UInt8]) throws {
        let file = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
        precondition(file >= 0)
        defer { close(file) }
        precondition(unsafe Glibc.write(file, bytes, bytes.count) == bytes.count)
    }
}
