internal import Checkpoint
internal import Mesh

extension ArtifactLoader {
    /// Fetches what is missing of an artifact into the cache. When that fails on the way, what has
    /// come stays, and the next attempt goes on from there; when the disk refuses or the content is
    /// wrong, nothing stays.
    func fetch(_ fetch: ArtifactFetch, roomByteCount: Int) async throws -> Artifact {
        guard let partial = try cache?.partial(fetch.digest) else { throw NoCache() }
        do {
            let artifact = try await complete(partial, by: fetch, roomByteCount: roomByteCount)
            cache?.end(fetch.digest, byteCount: artifact.byteCount)
            return artifact
        } catch {
            if error is CheckpointError || partial.byteCount == 0 { partial.discard() }
            cache?.end(fetch.digest, byteCount: error is CheckpointError ? 0 : partial.byteCount)
            guard case .wrongDigest? = error as? CheckpointError else { throw error }
            throw FetchError.wrongContent(router: fetch.router)
        }
    }

    private func complete(
        _ partial: PartialArtifact, by fetch: ArtifactFetch, roomByteCount: Int
    ) async throws -> Artifact {
        try await pause(before: 0)
        let (first, whole) = try await fetch.piece(at: partial.byteCount)
        _ = pace.wait(for: first.count, at: .now)
        guard whole <= roomByteCount else { throw FetchError.tooLarge(byteCount: whole) }
        let inUse = await inUse()
        try cache?.reserve(whole, for: partial, inUse: inUse)
        try partial.append(first)
        try await appendRest(of: fetch, to: partial, wholeByteCount: whole)
        return try partial.commit()
    }

    /// Asks for pieces, a few ahead, and appends them in order.
    private func appendRest(
        of fetch: ArtifactFetch, to partial: PartialArtifact, wholeByteCount: Int
    ) async throws {
        var pieces = PieceOrder(
            from: partial.byteCount, to: wholeByteCount, by: ArtifactFetch.pieceByteCount)
        try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            while partial.byteCount < wholeByteCount {
                while pieces.askedCount < ArtifactFetch.aheadCount, let range = pieces.next() {
                    try await pause(before: range.count)
                    group.addTask {
                        let (bytes, whole) = try await fetch.piece(at: range.lowerBound)
                        guard whole == wholeByteCount else {
                            throw FetchError.wrongContent(router: fetch.router)
                        }
                        return (range.lowerBound, bytes)
                    }
                }
                guard let (offset, bytes) = try await group.next() else { return }
                for bytes in pieces.arrived(bytes, at: offset) { try partial.append(bytes) }
            }
        }
    }

    /// Waits as long as the operator's limit of the rate asks for.
    private func pause(before byteCount: Int) async throws {
        let wait = pace.wait(for: byteCount, at: .now)
        if wait > .zero { try await Task.sleep(for: wait) }
    }
}

struct NoCache: Error, CustomStringConvertible {
    let description = "not here, and without --artifact-cache nothing is fetched from a router"
}
