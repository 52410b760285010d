internal import Glibc

/// The beginning of an artifact in a store's directory, which grows until it is whole and verified
/// and only then gets its name. Dropped before, it stays, and the next one goes on from there.
public final class PartialArtifact {
    static let suffix = ".partial"

    /// What it will be.
    public let digest: ArtifactDigest
    /// Bytes that are there.
    public private(set) var byteCount: Int
    private let path: String
    private let target: String
    private let descriptor: CInt

    /// Goes on from what an earlier attempt left, or from nothing. Throws `unwritable`.
    public init(of digest: ArtifactDigest, in store: ArtifactStore) throws(CheckpointError) {
        self.digest = digest
        target = store.file(digest)
        path = target + Self.suffix
        try makeDirectory(store.path)
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW
        descriptor = unsafe open(path, flags, 0o644)
        guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemError()) }
        byteCount = 0
        byteCount = try byteCountOfRegularFile(descriptor, path: path)
    }

    deinit { close(descriptor) }

    /// Looks whether the disk has space for the whole, so that a full disk shows before anything is
    /// fetched. Throws `unwritable`.
    public func checkSpace(forWhole wholeByteCount: Int) throws(CheckpointError) {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor, &status) == 0 else { throw failure() }
        let (free, isHuge) = status.f_bavail.multipliedReportingOverflow(by: status.f_frsize)
        guard isHuge || wholeByteCount - byteCount <= free else {
            let reason = "\(wholeByteCount - byteCount) bytes are needed, the disk has \(free) left"
            throw .unwritable(path: path, reason: reason)
        }
    }

    /// Adds bytes. When the disk refuses, none of them is there. Throws `unwritable`.
    public func append(_ bytes: [UInt8]) throws(CheckpointError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(
                    descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written,
                    byteCount + written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = failure()
                ftruncate(descriptor, byteCount)
                throw error
            }
            written += count
        }
        byteCount += written
    }

    /// Verifies the whole against its name, makes it visible, and maps it. What is not what it
    /// should be is removed. Throws `wrongDigest`, `malformed`, `unreadable`, `unwritable`.
    public func commit() throws(CheckpointError) -> Artifact {
        do throws(CheckpointError) {
            let artifact = try verified()
            // So that a disk that could not keep it says so now, and not when pages are read again.
            // The name need not be durable: what is lost is fetched again.
            guard fsync(descriptor) == 0, unsafe rename(path, target) == 0 else { throw failure() }
            return artifact
        } catch {
            discard()
            throw error
        }
    }

    /// Removes what is there.
    public func discard() { unsafe unlink(path) }

    private func verified() throws(CheckpointError) -> Artifact {
        let file = try MappedFile(notFollowing: path)
        let actual = ArtifactDigest(of: file.all)
        guard actual == digest else {
            throw .wrongDigest(
                path: path, expected: digest.description, actual: actual.description)
        }
        return try Artifact(file, digest: digest)
    }

    private func failure() -> CheckpointError { .unwritable(path: path, reason: systemError()) }
}
