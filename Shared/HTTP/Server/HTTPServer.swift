public import Logging
internal import NIOCore

/// Why a server could not be started.
public enum HTTPServerError: Error, CustomStringConvertible {
    case cannotListen(address: String, reason: String)

    public var description: String {
        switch self {
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason); choose another, or port 0 for any free one"
        }
    }
}

/// An HTTP/1.1 server on SwiftNIO: strict about what it reads, bounded in what it holds, orderly in
/// how it stops.
public final class HTTPServer: Sendable {
    /// The address really bound: with the port that the system chose where 0 was asked.
    public let address: ListenAddress
    let listener: any Channel
    private let connections: Connections
    private let serving: Task<Void, Never>

    private typealias Listener = NIOAsyncChannel<ConnectionTask, Never>

    private init(address: ListenAddress, listener: Listener, connections: Connections) {
        self.address = address
        self.listener = listener.channel
        self.connections = connections
        serving = Task { await Self.serve(listener) }
    }

    /// Binds and begins to serve.
    ///
    /// - Parameters:
    ///   - routes: asked at every request, so that operations may be added while the server runs.
    ///   - keys: who may; nil lets everyone.
    public static func start(
        on address: ListenAddress, limits: ServerLimits = ServerLimits(), logger: Logger,
        keys: APIKeys? = nil,
        routes: @escaping @Sendable () -> RouteTable
    ) async throws(HTTPServerError) -> HTTPServer {
        let connections = Connections(countMax: limits.connectionCountMax)
        let browsers = BrowserRules(isActive: keys == nil, isLoopback: address.isLoopback)
        let dispatcher = Dispatcher(
            limits: limits, keys: keys, browsers: browsers, routes: routes, logger: logger)
        let setup = ChannelSetup(dispatcher: dispatcher, connections: connections)
        do {
            let listener = try await setup.bind(address)
            let port = listener.channel.localAddress?.port ?? address.port
            return HTTPServer(
                address: ListenAddress(host: address.host, port: port), listener: listener,
                connections: connections)
        } catch {
            throw .cannotListen(address: "\(address)", reason: "\(error)")
        }
    }

    /// Requests that are being answered, or connections that wait for their next one.
    public var connectionCount: Int { connections.count }

    /// Stops accepting, lets the requests in flight finish, and cuts what is left when the time is
    /// over.
    public func drain(within grace: Duration) async {
        connections.quiesce()
        // A connection in the accept queue would be reset by closing the listener now: what is
        // already on its way is answered first.
        await settle(for: min(grace / 4, .milliseconds(100)))
        listener.close(promise: nil)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.serving.value }
            group.addTask { await self.settle(for: grace) }
            await group.next()
            serving.cancel()
            group.cancelAll()
        }
        await serving.value
    }

    /// Returns when the server has stopped.
    public func waitUntilStopped() async { await serving.value }

    private func settle(for time: Duration) async {
        do { try await Task.sleep(for: time) } catch { return }
    }

    private static func serve(_ listener: Listener) async {
        do {
            try await listener.executeThenClose { inbound in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in inbound {
                        group.addTask { await connection.run() }
                    }
                }
            }
        } catch {
            // The listener was closed under us or the task cancelled: either way serving is over.
            return
        }
    }
}
