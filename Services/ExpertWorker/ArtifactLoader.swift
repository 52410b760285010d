internal import Checkpoint
internal import Logging
internal import Mesh
internal import Model
internal import Transport
internal import Wire

/// Gets artifacts from where they are nearest: the model directory, the cache, the router that
/// wants them. Lives on a thread of its own, because a cold disk blocks.
actor ArtifactLoader: LoopBound {
    /// What a request's artifacts have come to.
    struct Loaded: Sendable {
        var experts: [LoadedExpert] = []
        var failures: [ArtifactFailure] = []
        /// Bytes beyond the room that was given; loading stopped there.
        var excessByteCount = 0

        var byteCounts: [ArtifactDigest: Int] {
            Dictionary(
                experts.map { ($0.digest, $0.byteCount) }, uniquingKeysWith: { first, _ in first })
        }
    }

    nonisolated let loop: EventLoop
    private let local: ArtifactStore?
    var cache: ArtifactCache?
    var pace: FetchPace
    /// What may not be removed from the cache.
    let inUse: @Sendable () async -> Set<ArtifactDigest>
    private let logger: Logger
    /// Artifacts that are being fetched, with who waits for them.
    private var fetching: [ArtifactDigest: [CheckedContinuation<Void, Never>]] = [:]

    init(
        local: ArtifactStore?, cache: ArtifactCache?, pace: FetchPace, loop: EventLoop,
        logger: Logger, inUse: @escaping @Sendable () async -> Set<ArtifactDigest>
    ) {
        self.local = local
        self.cache = cache
        self.pace = pace
        self.loop = loop
        self.logger = logger
        self.inUse = inUse
    }

    /// Loads `digests` as far as they can be had and `roomByteCount` lasts; fetches from `peer`
    /// what is not here.
    func load(_ digests: [ArtifactDigest], roomByteCount: Int, from peer: Peer) async -> Loaded {
        var loaded = Loaded()
        var room = roomByteCount
        for digest in digests where room >= 0 && !Task.isCancelled {
            do {
                let artifact = try await artifact(digest, roomByteCount: room, from: peer)
                loaded.experts.append(
                    LoadedExpert(
                        digest: digest, byteCount: artifact.byteCount,
                        expert: try Expert(artifact: artifact)))
                room -= artifact.byteCount
            } catch FetchError.tooLarge(let byteCount) {
                room -= byteCount
            } catch {
                loaded.failures.append(failure(digest, error))
            }
        }
        loaded.excessByteCount = max(0, -room)
        return loaded
    }

    private func failure(_ digest: ArtifactDigest, _ error: any Error) -> ArtifactFailure {
        logger.warning(
            "artifact not loaded", metadata: ["artifact": "\(digest)", "reason": "\(error)"])
        return ArtifactFailure(digest: digest.bytes, reason: "\(digest): \(error)")
    }

    private func artifact(
        _ digest: ArtifactDigest, roomByteCount: Int, from peer: Peer
    ) async throws -> Artifact {
        if let artifact = try openLocal(digest) { return artifact }
        while fetching[digest] != nil { await fetched(digest) }
        if let artifact = cache?.open(digest) { return artifact }
        fetching[digest] = []
        defer { endFetching(digest) }
        let artifact = try await fetch(
            ArtifactFetch(digest: digest, peer: peer), roomByteCount: roomByteCount)
        logger.info(
            "artifact fetched",
            metadata: ["artifact": "\(digest)", "byteCount": "\(artifact.byteCount)"])
        return artifact
    }

    /// The artifact of the model directory. What is damaged there is fetched, where that is
    /// allowed.
    private func openLocal(_ digest: ArtifactDigest) throws(CheckpointError) -> Artifact? {
        guard let local, local.contains(digest) || cache == nil else { return nil }
        do throws(CheckpointError) {
            return try local.open(digest)
        } catch {
            guard cache != nil else { throw error }
            logger.warning("artifact not usable", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    /// Returns when another request's fetch of this artifact is over, whatever came of it.
    private func fetched(_ digest: ArtifactDigest) async {
        await withCheckedContinuation { fetching[digest]?.append($0) }
    }

    private func endFetching(_ digest: ArtifactDigest) {
        for waiter in fetching.removeValue(forKey: digest) ?? [] { waiter.resume() }
    }
}
