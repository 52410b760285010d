internal import Mesh

/// The routers that this worker is connected to, and whether it is leaving.
actor RouterLinks {
    private(set) var peers: [Peer] = []
    private(set) var isLeaving = false
    private var hasLeft = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    /// False when the worker is leaving and takes no more.
    func add(_ peer: Peer) -> Bool {
        guard !isLeaving else { return false }
        peers.append(peer)
        return true
    }

    func remove(_ peer: Peer) { peers.removeAll { $0 === peer } }

    /// From here on no router is added.
    /// - Returns: Those that are to be left.
    func beginLeaving() -> [Peer] {
        isLeaving = true
        return peers
    }

    func endLeaving() {
        hasLeft = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    /// Returns when the worker has left.
    func waitUntilLeft() async {
        guard !hasLeft else { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}
