internal import Checkpoint

/// A directory of artifacts that were fetched over the mesh, of limited size. One process has it.
struct ArtifactCache: Sendable {
    private let store: ArtifactStore
    private let lock: DirectoryLock
    private var ledger: CacheLedger

    /// Finds what an earlier process left. Throws `unwritable` or `unreadable`.
    init(path: String, byteCountMax: Int) throws(CheckpointError) {
        store = ArtifactStore(path: path)
        lock = try DirectoryLock(path)
        ledger = CacheLedger(byteCountMax: byteCountMax)
        for entry in try store.entries() {
            ledger.add(entry.digest, byteCount: entry.byteCount)
        }
        for digest in ledger.trim() { store.remove(digest) }
    }

    /// An artifact that is there and undamaged; a damaged one is removed.
    mutating func open(_ digest: ArtifactDigest) -> Artifact? {
        guard store.contains(digest) else { return nil }
        do throws(CheckpointError) {
            let artifact = try store.open(digest)
            ledger.use(digest)
            store.touch(digest)
            return artifact
        } catch {
            store.remove(digest)
            ledger.remove(digest)
            return nil
        }
    }

    /// The beginning that is there, possibly nothing. Throws `unwritable`.
    func partial(_ digest: ArtifactDigest) throws(CheckpointError) -> PartialArtifact {
        try PartialArtifact(of: digest, in: store)
    }

    /// Takes the place for the whole artifact until `end`.
    mutating func reserve(
        _ byteCount: Int, for partial: PartialArtifact, inUse: Set<ArtifactDigest>
    ) throws {
        guard let removed = ledger.reserve(byteCount, for: partial.digest, inUse: inUse) else {
            throw NoRoom(byteCount: byteCount, byteCountMax: ledger.byteCountMax)
        }
        for digest in removed { store.remove(digest) }
        try partial.checkSpace(forWhole: byteCount)
    }

    /// A fetch is over, with the whole or with a part.
    mutating func end(_ digest: ArtifactDigest, byteCount: Int) {
        ledger.grown(digest, byteCount: byteCount)
    }

    struct NoRoom: Error, CustomStringConvertible {
        let byteCount: Int
        let byteCountMax: Int

        var description: String {
            "its \(byteCount) bytes do not fit into the artifact cache of \(byteCountMax) beside "
                + "what is in use; raise --artifact-cache-size"
        }
    }
}
