internal import Mesh

/// The routers that this worker is connected to, and whether it is leaving.
actor RouterLinks {
    private(set) var peers: [Peer] = []
    private var isDrained = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func add(_ peer: Peer) { peers.append(peer) }

    func remove(_ peer: Peer) { peers.removeAll { $0 === peer } }

    func drain() {
        isDrained = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    /// Returns when `drain` has been called.
    func waitUntilDrained() async {
        guard !isDrained else { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}
