public import Transport
public import Wire

/// Keeps a connection to an address: dials, waits until it ends, waits a little, and dials again.
public struct Redial: Sendable {
    private let address: SocketAddress
    private let loop: EventLoop
    private let hello: Hello
    private let handlers: Handlers
    private let limits: MeshLimits
    private let backoff: Backoff
    private let known: KnownProcesses
    private let onPeer: @Sendable (Peer) async -> Void
    private let onFailure: @Sendable (MeshError) -> Void

    /// A connection attempt, Hello included, gets this long.
    private static let connectTimeout = Duration.seconds(5)
    /// A connection that lasted this long was a good one: the next attempt after it comes soon.
    private static let goodLifetime = Duration.seconds(1)

    /// - Parameters:
    ///   - known: Shared by those that may reach one process at several addresses: while one of
    ///     them is connected to it, the others wait.
    ///   - onPeer: Called for each new connection, which is left open when it returns.
    ///   - onFailure: Called for each attempt that failed; for the log.
    public init(
        to address: SocketAddress, on loop: EventLoop, hello: Hello,
        handlers: Handlers = Handlers(),
        limits: MeshLimits = MeshLimits(), backoff: Backoff = Backoff(),
        known: KnownProcesses = KnownProcesses(),
        onFailure: @escaping @Sendable (MeshError) -> Void = { _ in },
        onPeer: @escaping @Sendable (Peer) async -> Void
    ) {
        self.address = address
        self.loop = loop
        self.hello = hello
        self.handlers = handlers
        self.limits = limits
        self.backoff = backoff
        self.known = known
        self.onFailure = onFailure
        self.onPeer = onPeer
    }

    /// Runs until the calling task is cancelled, and then closes the connection; or until
    /// `isWanted`, asked before each attempt, says no.
    public func run(while isWanted: @Sendable () async -> Bool = { true }) async {
        var backoff = backoff
        while !Task.isCancelled, await isWanted() {
            do throws(MeshError) {
                if try await connection() >= Self.goodLifetime { backoff.reset() }
            } catch {
                if error != .cancelled { onFailure(error) }
            }
            guard (try? await Task.sleep(for: backoff.next())) != nil else { return }
        }
    }

    /// One connection from beginning to end, or the wait for the end of another one to the same
    /// process.
    /// - Returns: How long it lasted.
    private func connection() async throws(MeshError) -> Duration {
        let handshake = Handshake(hello: hello, loop: loop, limits: limits)
        let (socket, remote) = try await handshake.dial(
            address, deadline: .after(Self.connectTimeout))
        guard await known.enter(remote.instance) else {
            socket.close()
            await known.waitUntilGone(remote.instance)
            return .zero
        }
        let start = ContinuousClock.now
        let peer = await Peer.started(
            socket, remote: remote, on: loop, handlers: handlers, limits: limits)
        await onPeer(peer)
        await peer.waitUntilClosed()
        await peer.close()
        await known.leave(remote.instance)
        return start.duration(to: .now)
    }
}
