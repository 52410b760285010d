internal import Logging
internal import Mesh
internal import Wire

/// How a worker leaves: it says so to each router, serves until all of them have let it go or the
/// time is up, and only then refuses what comes and closes.
struct Departure: Sendable {
    let links: RouterLinks
    let logger: Logger

    /// The part of the grace that is kept for what is in flight at the end, and at most how much.
    private static let finishingPart = 4
    private static let finishingDurationMax = Duration.seconds(2)
    /// Of the time that a router has: it is told less, so that its word comes before the end.
    private static let answeringPart = 0.9

    /// Returns when every connection is closed.
    func leave(within grace: Duration) async {
        let finishing = min(grace / Self.finishingPart, Self.finishingDurationMax)
        let peers = await links.beginLeaving()
        await forEach(peers) { await letGo(by: $0, within: grace - finishing) }
        await forEach(peers) { await $0.drain(within: finishing) }
        await links.endLeaving()
    }

    private func forEach(
        _ peers: [Peer], _ body: @escaping @Sendable (Peer) async -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            for peer in peers { group.addTask(executorPreference: peer.loop) { await body(peer) } }
        }
    }

    /// Returns when a router needs nothing of this worker any more, does not answer, or is gone.
    private func letGo(by peer: Peer, within duration: Duration) async {
        do throws(MeshError) {
            let request = Drain(
                withinMilliseconds: Int(duration * Self.answeringPart / .milliseconds(1)))
            let reply = try await peer.call(request, deadline: .after(duration)).message
            guard reply.neededCount > 0 else { return }
            logger.warning(
                "leaving although artifacts live nowhere else",
                metadata: ["router": "\(peer.remote.name)", "count": "\(reply.neededCount)"])
        } catch {
            logger.notice(
                "leaving without the router's word",
                metadata: ["router": "\(peer.remote.name)", "reason": "\(error)"])
        }
    }
}
