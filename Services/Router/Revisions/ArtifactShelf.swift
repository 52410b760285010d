internal import Checkpoint
internal import LinearAlgebra
internal import Model
internal import Storage

/// The artifacts that this router can read: those of its model, and those uploaded since. Lives on
/// a thread of its own, for files are slow.
actor ArtifactShelf: ThreadBound {
    /// Of one upload. The largest experts of published models, Mixtral's in 16 bits, have 336 MiB.
    static let artifactByteCountMax = 384 << 20

    nonisolated let thread: SerialThread
    /// Looked at in this order.
    nonisolated let stores: [ArtifactStore]
    /// Where uploads go; nil where none are taken.
    nonisolated let uploads: ArtifactStore?

    /// - Parameter model: the artifacts of the model directory, never written.
    init(model: ArtifactStore, uploads: ArtifactStore?, thread: SerialThread) {
        stores = [model] + [uploads].compactMap(\.self)
        self.uploads = uploads
        self.thread = thread
    }

    /// Whether a file of that name is there; only `artifact` looks at its content.
    func contains(_ digest: ArtifactDigest) -> Bool {
        stores.contains { $0.contains(digest) }
    }

    /// An artifact, its content verified; nil when it is nowhere.
    /// - Throws: what is wrong with the last copy, when every copy is damaged.
    func artifact(_ digest: ArtifactDigest) throws -> Artifact? {
        var failure: (any Error)?
        for store in stores where store.contains(digest) {
            do { return try store.open(digest) } catch { failure = error }
        }
        if let failure { throw failure }
        return nil
    }

    /// Keeps an uploaded artifact: on the disk when this returns, and what its name says.
    func insert(_ bytes: [UInt8], as digest: ArtifactDigest) throws {
        guard let uploads else { throw StagingError.noCatalog }
        try uploads.insert(bytes, expected: digest)
    }

    /// Removes uploads. The model's own artifacts are not touched.
    func remove(_ digests: Set<ArtifactDigest>) {
        for digest in digests { uploads?.remove(digest) }
    }

    /// What an expert makes of `row`, [1, hiddenSize], computed here; nil when it is nowhere.
    func compute(_ digest: ArtifactDigest, _ row: Matrix) throws -> Matrix? {
        guard let artifact = try artifact(digest) else { return nil }
        return try Expert(artifact: artifact)(row)
    }
}
