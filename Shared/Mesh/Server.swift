public import Transport
public import Wire

/// Listens on an address and makes a peer of every caller that says who it is.
public actor Server: LoopBound {
    public nonisolated let loop: EventLoop
    /// Where it listens, with the port that the system chose.
    public nonisolated let address: SocketAddress

    private let handlers: Handlers
    private let limits: MeshLimits
    private let handshake: Handshake
    private let refusal: @Sendable (Hello) async -> Fault?
    private let onPeer: @Sendable (Peer) async -> Void
    private let onFailure: @Sendable (MeshError) -> Void

    private var listener: Listener?
    private var isDraining = false
    private var lastID = 0
    /// Connections that have not said who they are, by number: the smallest is the oldest.
    private var strangers: [Int: Task<Void, Never>] = [:]
    private var peers: [Int: Peer] = [:]

    private init(
        _ address: SocketAddress, loop: EventLoop, hello: Hello, handlers: Handlers,
        limits: MeshLimits,
        refusal: @escaping @Sendable (Hello) async -> Fault?,
        onFailure: @escaping @Sendable (MeshError) -> Void,
        onPeer: @escaping @Sendable (Peer) async -> Void
    ) {
        self.address = address
        self.loop = loop
        self.handlers = handlers
        self.limits = limits
        self.refusal = refusal
        self.onFailure = onFailure
        self.onPeer = onPeer
        handshake = Handshake(hello: hello, loop: loop, limits: limits)
    }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - refusal: Why a caller is not wanted, which both sides are told; nil for one who is.
    ///     A caller waits no longer than `MeshLimits.helloTimeout` for it.
    ///   - onFailure: Called for each connection that ended before a Hello; for the log.
    ///   - onPeer: Called once for each peer, which stays open when this returns: it is closed by
    ///     the other side, by silence, or by `drain`.
    public static func listen(
        on address: SocketAddress, loop: EventLoop, hello: Hello, handlers: Handlers,
        limits: MeshLimits = MeshLimits(),
        refusal: @escaping @Sendable (Hello) async -> Fault? = { _ in nil },
        onFailure: @escaping @Sendable (MeshError) -> Void = { _ in },
        onPeer: @escaping @Sendable (Peer) async -> Void = { _ in }
    ) async throws(MeshError) -> Server {
        do throws(TransportError) {
            let socket = try await ListeningSocket(on: address)
            let server = Server(
                socket.address, loop: loop, hello: hello, handlers: handlers, limits: limits,
                refusal: refusal, onFailure: onFailure, onPeer: onPeer)
            await server.start(socket)
            return server
        } catch {
            throw .unavailable(error)
        }
    }

    /// The connections that have said who they are.
    public var peerCount: Int { peers.count }

    /// Tells all of them that this process is leaving, and waits for their answers no longer than
    /// `timeout`. Who does not know the message does without it.
    public func sayGoodbye(within timeout: Duration) async {
        let deadline = Deadline.after(timeout)
        let goodbyes = peers.values.map { peer in
            Task { _ = try await peer.call(Drain(withinMilliseconds: 0), deadline: deadline) }
        }
        for goodbye in goodbyes { _ = await goodbye.result }
    }

    /// Stops listening. Callers that have not said who they are get `timeout` to do so; then every
    /// peer refuses new requests, gets `timeout` for those in flight, and is closed.
    public func drain(within timeout: Duration) async {
        isDraining = true
        listener?.close()
        listener = nil
        let timer = LoopTimer(on: loop) { self.assumeIsolated { $0.sendStrangersAway() } }
        timer.schedule(after: timeout)
        for stranger in strangers.values { await stranger.value }
        timer.invalidate()
        let draining = peers.values.map { peer in Task { await peer.drain(within: timeout) } }
        for task in draining { await task.value }
    }

    private func sendStrangersAway() {
        for stranger in strangers.values { stranger.cancel() }
    }

    private func start(_ socket: ListeningSocket) {
        listener = Listener(socket, on: loop) { socket in
            self.assumeIsolated { $0.accepted(socket) }
        }
    }

    private func accepted(_ socket: Socket) {
        guard strangers.count + peers.count < limits.connectionCountMax else {
            return socket.close()
        }
        if strangers.count >= limits.handshakeCountMax, let oldest = strangers.keys.min() {
            strangers.removeValue(forKey: oldest)?.cancel()
        }
        lastID += 1
        let id = lastID
        strangers[id] = Task(executorPreference: loop) { await self.meet(socket, id) }
    }

    private func meet(_ socket: Socket, _ id: Int) async {
        defer { strangers[id] = nil }
        do throws(MeshError) {
            let remote = try await handshake.answer(socket, refusal: refusal)
            let peer = Peer(remote: remote, on: loop, handlers: handlers, limits: limits)
            await peer.start(socket)
            peers[id] = peer
            Task(executorPreference: loop) { await self.keep(peer, id) }
        } catch {
            onFailure(error)
        }
    }

    private func keep(_ peer: Peer, _ id: Int) async {
        if isDraining {
            await peer.drain(within: .zero)
        } else {
            await onPeer(peer)
        }
        await peer.waitUntilClosed()
        peers[id] = nil
    }
}
