internal import Checkpoint
internal import Mesh
internal import Transport
internal import Wire

/// Why an artifact could not be had from a router.
enum FetchError: Error, CustomStringConvertible {
    case refused(router: String, MeshError)
    case wrongPiece(router: String, byteCount: Int, expected: Int)
    case wrongContent(router: String)
    /// The artifact is larger than the memory that is left for it. Not one byte was kept.
    case tooLarge(byteCount: Int)

    var description: String {
        switch self {
        case .refused(let router, let error): "not here, and router \(router): \(error)"
        case .wrongPiece(let router, let byteCount, let expected):
            "router \(router) sent a piece of \(byteCount) bytes instead of \(expected)"
        case .wrongContent(let router):
            "what router \(router) sent is not the artifact of this digest; it was thrown away"
        case .tooLarge(let byteCount): "its \(byteCount) bytes are more than the memory left"
        }
    }
}

/// Asks one router for the pieces of one artifact.
struct ArtifactFetch: Sendable {
    /// Small, so that dispatches on the same connection do not wait long behind it.
    static let pieceByteCount = 256 << 10
    /// Pieces asked for before the first of them has come: a megabyte on its way keeps a fast
    /// network busy.
    static let aheadCount = 4
    /// A router that is alive and has a piece sends it by then, over the slowest link we know.
    static let pieceDuration = Duration.seconds(30)

    let digest: ArtifactDigest
    let peer: Peer

    var router: String { peer.remote.name }

    /// The bytes from `offset` on, at most one piece, and the length of the whole artifact.
    func piece(
        at offset: Int
    ) async throws(FetchError) -> (bytes: [UInt8], wholeByteCount: Int) {
        let request = FetchArtifact(
            digest: digest.bytes, offset: offset, byteCount: Self.pieceByteCount)
        let (message, attachment) = try await ask(request)
        let expected = max(0, min(Self.pieceByteCount, message.byteCount - offset))
        guard attachment.byteCount == expected else {
            throw .wrongPiece(
                router: router, byteCount: attachment.byteCount, expected: expected)
        }
        return (attachment.bytes, message.byteCount)
    }

    /// Repeats what a busy router refuses, until the time for a piece is over.
    private func ask(
        _ request: FetchArtifact
    ) async throws(FetchError) -> (message: FetchArtifactReply, attachment: Attachment) {
        let deadline = Deadline.after(Self.pieceDuration)
        while true {
            do throws(MeshError) {
                return try await peer.call(request, deadline: deadline)
            } catch {
                guard case .overloaded(let retryAfter) = error else {
                    throw .refused(router: router, error)
                }
                guard (try? await Task.sleep(for: retryAfter)) != nil else {
                    throw .refused(router: router, .cancelled)
                }
            }
        }
    }
}
