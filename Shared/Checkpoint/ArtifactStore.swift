internal import Glibc

/// A directory of artifacts, each named by its digest.
public struct ArtifactStore: Sendable {
    /// The directory.
    public let path: String

    /// The directory need not exist before the first `insert`.
    public init(path: String) { self.path = path }

    /// Whether a file of that name is there; only `open` looks at its content.
    public func contains(_ digest: ArtifactDigest) -> Bool {
        unsafe access(file(digest), R_OK) == 0
    }

    /// Maps an artifact and verifies its whole content against its name: keep the value, do not
    /// reopen.
    ///
    /// A symbolic link in place of the file is refused. Throws `unreadable`, `wrongDigest` or
    /// `malformed`.
    public func open(_ digest: ArtifactDigest) throws(CheckpointError) -> Artifact {
        let file = try MappedFile(notFollowing: file(digest))
        let actual = ArtifactDigest(of: file.all)
        guard actual == digest else {
            throw .wrongDigest(
                path: file.path, expected: digest.description, actual: actual.description)
        }
        return try Artifact(file, digest: digest)
    }

    /// Stores the bytes of an artifact under their digest, durably; the same content is written
    /// once.
    ///
    /// Throws `malformed` when they are no artifact, `wrongDigest` when they are not the `expected`
    /// one, `unwritable` when the disk refuses.
    @discardableResult
    public func insert(
        _ bytes: [UInt8], expected: ArtifactDigest? = nil
    ) throws(CheckpointError) -> ArtifactDigest {
        let content = MappedFile(name: path + "/(new)", bytes: bytes)
        let artifact = try Artifact(content)
        let digest = artifact.digest
        if let expected, expected != digest {
            throw .wrongDigest(
                path: file(expected), expected: expected.description, actual: digest.description)
        }
        if holds(artifact) { return digest }
        try makeDirectory(path)
        let target = try AtomicFile(path: file(digest))
        try target.write(bytes)
        _ = try target.commit()
        return digest
    }

    /// Whether the directory has this artifact undamaged.
    private func holds(_ artifact: Artifact) -> Bool {
        do { return try open(artifact.digest).byteCount == artifact.byteCount } catch {
            return false
        }
    }

    func file(_ digest: ArtifactDigest) -> String { "\(path)/\(digest)" }
}

/// Makes a directory and its parents where they are missing. Throws `unwritable`.
func makeDirectory(_ path: String) throws(CheckpointError) {
    if unsafe mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path.contains("/") else {
        throw .unwritable(path: path, reason: systemError())
    }
    try makeDirectory(directory(of: path))
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw .unwritable(path: path, reason: systemError())
    }
}
