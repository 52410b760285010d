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
    private let onPeer: @Sendable (Peer) async -> Void
    private let onFailure: @Sendable (MeshError) -> Void

    /// A connection attempt, Hello included, gets this long.
    private static let connectTimeout = Duration.seconds(5)
    /// A connection that lasted this long was a good one: the next attempt after it comes soon.
    private static let goodLifetime = Duration.seconds(1)

    /// - Parameters:
    ///   - onPeer: Called for each new connection, which is left open when it returns.
    ///   - onFailure: Called for each attempt that failed; for the log.
    public init(
        to address: SocketAddress, on loop: EventLoop, hello: Hello,
        handlers: Handlers = Handlers(),
        limits: MeshLimits = MeshLimits(), backoff: Backoff = Backoff(),
        onFailure: @escaping @Sendable (MeshError) -> Void = { _ in },
        onPeer: @escaping @Sendable (Peer) async -> Void
    ) {
        self.address = address
        self.loop = loop
        self.hello = hello
        self.handlers = handlers
        self.limits = limits
        self.backoff = backoff
        self.onFailure = onFailure
        self.onPeer = onPeer
    }

    /// Runs until the calling task is cancelled, and then closes the connection.
    public func run() async {
        var backoff = backoff
        while !Task.isCancelled {
            do throws(MeshError) {
                let peer = try await Peer.connect(
                    to: address, on: loop, hello: hello, handlers: handlers, limits: limits,
                    deadline: .after(Self.connectTimeout))
                let start = ContinuousClock.now
                await onPeer(peer)
                await peer.waitUntilClosed()
                if start.duration(to: .now) >= Self.goodLifetime { backoff.reset() }
                await peer.close()
            } catch {
                if error != .cancelled { onFailure(error) }
            }
            guard (try? await Task.sleep(for: backoff.next())) != nil else { return }
        }
    }
}
