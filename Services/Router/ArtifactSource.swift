internal import Checkpoint
internal import Mesh
internal import Transport
internal import Wire

/// Hands out the artifacts that this router has, piece by piece, to workers that lack them. Lives
/// on a thread of its own, because a cold disk blocks.
///
/// What it sends it does not verify: whoever fetches must, since it knows the digest.
actor ArtifactSource: LoopBound {
    nonisolated let loop: EventLoop
    private let stores: [ArtifactStore]

    /// - Parameter stores: Asked in this order.
    init(stores: [ArtifactStore], loop: EventLoop) {
        self.stores = stores
        self.loop = loop
    }

    /// - Throws: `badRequest`, `notFound`, or `internal` when the disk refuses.
    func piece(_ request: FetchArtifact) throws(Fault) -> (FetchArtifactReply, Attachment) {
        guard let digest = ArtifactDigest(bytes: request.digest),
            1...FetchArtifactReply.pieceByteCountMax ~= request.byteCount
        else {
            throw Fault(
                code: .badRequest,
                message: "a piece has 1 to \(FetchArtifactReply.pieceByteCountMax) bytes, not "
                    + "\(request.byteCount)")
        }
        for store in stores {
            guard let piece = try piece(of: digest, request, in: store) else { continue }
            return (FetchArtifactReply(byteCount: piece.wholeByteCount), Attachment(piece.bytes))
        }
        throw Fault(
            code: .notFound, message: "artifact \(digest) is not here", artifact: request.digest)
    }

    private func piece(
        of digest: ArtifactDigest, _ request: FetchArtifact, in store: ArtifactStore
    ) throws(Fault) -> (bytes: [UInt8], wholeByteCount: Int)? {
        do throws(CheckpointError) {
            return try store.piece(of: digest, at: request.offset, byteCount: request.byteCount)
        } catch {
            throw Fault(code: .internal, message: "\(error)", artifact: request.digest)
        }
    }
}

extension Handlers {
    /// What workers ask of a router.
    init(artifacts: ArtifactSource) {
        self.init()
        on(FetchArtifact.self) { request, _, _ in try await artifacts.piece(request) }
    }
}
