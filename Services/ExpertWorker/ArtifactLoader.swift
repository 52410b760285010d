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

    /// The experts of `placements` that could be loaded, and why the others could not.
    /// Artifacts with equal digests are opened once.
    func load(
        _ placements: [ExpertPlacement]
    ) -> (experts: [(ExpertPlacement, Expert)], failures: [ArtifactFailure]) {
        var opened: [[UInt8]: Result<Expert, LoadError>] = [:]
        for placement in placements where opened[placement.digest] == nil {
            guard !Task.isCancelled else { break }
            opened[placement.digest] = open(placement.digest)
        }
        let experts = placements.compactMap { placement -> (ExpertPlacement, Expert)? in
            guard case .success(let expert)? = opened[placement.digest] else { return nil }
            return (placement, expert)
        }
        let failures = opened.compactMap { digest, result -> ArtifactFailure? in
            guard case .failure(let error) = result else { return nil }
            return ArtifactFailure(digest: digest, reason: error.reason)
        }
        return (experts, failures)
    }

    private func open(_ bytes: [UInt8]) -> Result<Expert, LoadError> {
        guard let digest = ArtifactDigest(bytes: bytes) else {
            return .failure(LoadError(reason: "a digest has 32 bytes, not \(bytes.count)"))
        }
        do {
            return .success(try Expert(artifact: store.open(digest)))
        } catch {
            return .failure(LoadError(reason: "\(error)"))
        }
    }

    private struct LoadError: Error {
        let reason: String
    }
}
