internal import Checkpoint
internal import Mesh
internal import Wire

/// Brings the shard to the set of artifacts that a router wants held: loads what is new, then drops
/// what nobody wants. Serving goes on meanwhile.
struct HoldHandler: Sendable {
    let shard: ExpertShard
    let loader: ArtifactLoader

    func callAsFunction(
        _ request: HoldArtifacts, from peer: Peer
    ) async throws -> HoldArtifactsReply {
        let digests = try request.digests.map(ArtifactDigest.init(received:))
        let link = LinkID(peer)
        let (ticket, isFirst) = await shard.begin(digests, by: link)
        if isFirst { watch(peer, link) }
        let loaded = await loader.load(
            ticket.missing, roomByteCount: ticket.roomByteCount, from: peer)
        guard !Task.isCancelled else {
            await shard.abandon(ticket, loaded: loaded)
            throw CancellationError()
        }
        let byteCount = try await shard.settle(ticket, loaded: loaded)
        return HoldArtifactsReply(residentBytes: byteCount, failures: loaded.failures)
    }

    /// Has the shard forget what a router wanted when its connection ends. Keeps the peer until
    /// then, so that no other can bear its number.
    private func watch(_ peer: Peer, _ link: LinkID) {
        Task(executorPreference: peer.loop) { [shard] in
            await peer.waitUntilClosed()
            await shard.forget(link)
            withExtendedLifetime(peer) {}
        }
    }
}

extension LinkID {
    init(_ peer: Peer) { self.init(number: UInt(bitPattern: ObjectIdentifier(peer))) }
}
