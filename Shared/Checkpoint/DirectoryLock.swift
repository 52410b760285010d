internal import Glibc

/// The right to be the only process that writes to a directory. Ends with the value, or with the
/// process however it ends.
public final class DirectoryLock: Sendable {
    private let descriptor: CInt

    /// Makes the directory when it is missing. Throws `unwritable`, or `inUse` when another process
    /// has the right.
    public init(_ path: String) throws(CheckpointError) {
        try makeDirectory(path)
        let file = path + "/lock"
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        descriptor = unsafe open(file, flags, 0o644)
        guard descriptor >= 0 else { throw .unwritable(path: file, reason: systemError()) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno != EWOULDBLOCK else { throw .inUse(path: path) }
            throw .unwritable(path: path, reason: systemError())
        }
    }

    deinit { close(descriptor) }
}
