internal import Glibc

extension ArtifactStore {
    /// A file of the directory that is an artifact, or the beginning of one.
    public struct Entry: Sendable {
        /// What it is, or will be when it is whole.
        public let digest: ArtifactDigest
        /// What it takes on the disk.
        public let byteCount: Int
        /// When it was written or marked as used, in nanoseconds since 1970.
        public let usedAt: Int
    }

    /// Some bytes of an artifact, unverified, and the length of the whole; nil when it is not here.
    ///
    /// Fewer than `byteCount` bytes come from its end only. Throws `unreadable`.
    public func piece(
        of digest: ArtifactDigest, at offset: Int, byteCount: Int
    ) throws(CheckpointError) -> (bytes: [UInt8], wholeByteCount: Int)? {
        let path = file(digest)
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        if descriptor < 0 && errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemError()) }
        defer { close(descriptor) }
        let whole = try byteCountOfRegularFile(descriptor, path: path)
        let count = max(0, min(byteCount, whole - offset))
        return (try read(descriptor, path, at: offset, byteCount: count), whole)
    }

    private func read(
        _ descriptor: CInt, _ path: String, at offset: Int, byteCount: Int
    ) throws(CheckpointError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var filled = 0
        while filled < byteCount {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(
                    descriptor, $0.baseAddress?.advanced(by: filled), byteCount - filled,
                    offset + filled)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let reason = count == 0 ? "it was cut short while it was read" : systemError()
                throw .unreadable(path: path, reason: reason)
            }
            filled += count
        }
        return bytes
    }

    /// Every artifact and every beginning of one, the longest unused first. Makes the directory
    /// when it is missing. Throws `unwritable` or `unreadable`.
    public func entries() throws(CheckpointError) -> [Entry] {
        try makeDirectory(path)
        guard let directory = unsafe opendir(path) else {
            throw .unreadable(path: path, reason: systemError())
        }
        defer { unsafe closedir(directory) }
        var entries: [Entry] = []
        while let item = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: item.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if let entry = entry(named: name) { entries.append(entry) }
        }
        return entries.sorted { ($0.usedAt, $0.digest) < ($1.usedAt, $1.digest) }
    }

    /// What an artifact takes on the disk; its content is not looked at. Throws `unreadable`.
    public func byteCount(of digest: ArtifactDigest) throws(CheckpointError) -> Int {
        guard let entry = entry(named: digest.description) else {
            throw .unreadable(path: file(digest), reason: "not there, or not a regular file")
        }
        return entry.byteCount
    }

    private func entry(named name: String) -> Entry? {
        let suffix = PartialArtifact.suffix
        let spelling = name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
        guard let digest = ArtifactDigest(hexadecimal: spelling) else { return nil }
        var status = stat()
        guard unsafe lstat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        let time = status.st_mtim
        return Entry(
            digest: digest, byteCount: Int(status.st_size),
            usedAt: time.tv_sec * 1_000_000_000 + time.tv_nsec)
    }

    /// Marks an artifact as used now.
    public func touch(_ digest: ArtifactDigest) { unsafe utimensat(AT_FDCWD, file(digest), nil, 0) }

    /// Removes an artifact and the beginning of it, where they exist. Who has it open keeps it.
    public func remove(_ digest: ArtifactDigest) {
        unsafe unlink(file(digest))
        unsafe unlink(file(digest) + PartialArtifact.suffix)
    }
}

/// The length of an open file that must be a regular one.
func byteCountOfRegularFile(_ descriptor: CInt, path: String) throws(CheckpointError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
        throw .unreadable(path: path, reason: systemError())
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw .unreadable(path: path, reason: "not a regular file")
    }
    return Int(status.st_size)
}
