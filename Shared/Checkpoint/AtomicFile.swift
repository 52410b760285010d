internal import Hashing
internal import Glibc

/// A file's name, content digest and length, as a manifest lists it.
public struct FileRecord: Sendable, Equatable {
    /// A plain name in the model directory.
    public let file: String
    /// Of the whole content.
    public let sha256: ArtifactDigest
    /// Length of the file.
    public let byteCount: Int

    /// A record of a file that is, or will be, in the model directory.
    public init(file: String, sha256: ArtifactDigest, byteCount: Int) {
        self.file = file
        self.sha256 = sha256
        self.byteCount = byteCount
    }
}

/// A file that appears under its name only when it is complete and on the disk:
/// it is written beside it, synchronised, and renamed. Dropped without `commit`, it leaves nothing.
final class AtomicFile {
    private let path: String
    private let partialPath: String
    private var descriptor: CInt
    private let hash = SHA256()
    private(set) var byteCount = 0

    /// Creates the partial file in the directory of `path`. Throws `unwritable`.
    init(path: String) throws(CheckpointError) {
        self.path = path
        partialPath = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).partial"
        descriptor = unsafe open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unsafe unlink(partialPath)
    }

    func write(_ bytes: [UInt8]) throws(CheckpointError) {
        try unsafe bytes.span.bytes.withUnsafeBytes { (bytes) throws(CheckpointError) in
            try unsafe write(bytes)
        }
    }

    func write(_ bytes: MappedBytes) throws(CheckpointError) {
        try unsafe bytes.withBytes { (bytes) throws(CheckpointError) in try unsafe write(bytes) }
    }

    func writeZeros(_ count: Int) throws(CheckpointError) {
        try write([UInt8](repeating: 0, count: count))
    }

    /// Writes zeros up to the next multiple of `alignment`.
    func align(to alignment: Int) throws(CheckpointError) {
        try writeZeros(aligned(byteCount, to: alignment) - byteCount)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        unsafe hash.update(bufferPointer: bytes)
        byteCount += bytes.count
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let buffer = unsafe UnsafeRawBufferPointer(rebasing: rest)
            let count = unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            unsafe rest = rest.dropFirst(count)
        }
    }

    /// Makes the file durable and visible, in place of any older one. Nothing may be written
    /// afterwards.
    func commit() throws(CheckpointError) -> FileRecord {
        guard fsync(descriptor) == 0, unsafe rename(partialPath, path) == 0 else {
            throw failure()
        }
        close(descriptor)
        descriptor = -1
        try synchroniseDirectory()
        let digest = ArtifactDigest(hash)
        let name = String(
            path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
        return FileRecord(file: name, sha256: digest, byteCount: byteCount)
    }

    /// A rename is durable once its directory is.
    private func synchroniseDirectory() throws(CheckpointError) {
        let directory = unsafe open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure() }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure() }
    }

    private func failure() -> CheckpointError {
        .unwritable(path: path, reason: systemError())
    }
}
