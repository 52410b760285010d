internal import Checkpoint
internal import Model
internal import Transport
internal import Wire

/// Opens and verifies artifacts on a thread of its own, because a cold disk blocks.
actor ArtifactLoader: LoopBound {
    nonisolated let loop: EventLoop
    private let store: ArtifactStore

    init(store: ArtifactStore, loop: EventLoop) {
        self.store = store
        self.loop = loop
    }

    /// The experts of `digests` that could be loaded, and why the others could not. Stops at the
    /// first artifact that exceeds the room.
    func load(
        _ digests: [ArtifactDigest], roomByteCount: Int
    ) -> (experts: [LoadedExpert], failures: [ArtifactFailure]) {
        var experts: [LoadedExpert] = []
        var failures: [ArtifactFailure] = []
        var room = roomByteCount
        for digest in digests where room >= 0 && !Task.isCancelled {
            do {
                let expert = try open(digest)
                room -= expert.byteCount
                experts.append(expert)
            } catch {
                failures.append(ArtifactFailure(digest: digest.bytes, reason: "\(error)"))
            }
        }
        return (experts, failures)
    }

    private func open(_ digest: ArtifactDigest) throws -> LoadedExpert {
        let artifact = try store.open(digest)
        return LoadedExpert(
            digest: digest, byteCount: artifact.byteCount, expert: try Expert(artifact: artifact))
    }
}
