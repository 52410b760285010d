import Mesh
import Transport
import Wire

/// Two loops for all tests: one for servers, one for clients.
enum Loops {
    static let server = EventLoop(name: "test server")
    static let client = EventLoop(name: "test client")
}

/// A server and a peer connected to it.
struct Stage {
    let server: Server
    let peer: Peer

    init(
        _ handlers: Handlers, over transport: TransportKind = .unix, limits: MeshLimits = .patient,
        clientHandlers: Handlers = Handlers(),
        onPeer: @escaping @Sendable (Peer) async -> Void = { _ in }
    ) async throws {
        server = try await Server.listen(
            on: transport.address(), loop: Loops.server, hello: .server, handlers: handlers,
            limits: limits,
            onPeer: onPeer)
        peer = try await Peer.connect(
            to: server.address, on: Loops.client, hello: .client, handlers: clientHandlers,
            limits: limits,
            deadline: .soon)
    }

    func close() async {
        await peer.close()
        await server.drain(within: .zero)
    }
}

enum TransportKind: String, CaseIterable {
    case unix, tcp, tcp6

    func address() throws -> SocketAddress {
        switch self {
        case .unix: .unix(path: "/tmp/mesh-test-\(UInt64.random(in: 0 ... .max)).sock")
        case .tcp: .tcp(host: "127.0.0.1", port: 0)
        case .tcp6: .tcp(host: "::1", port: 0)
        }
    }
}

extension Hello {
    static let server = Hello(role: .knowledgeStore, name: "the server")
    static let client = Hello(role: .router, name: "the client")
}

extension Deadline {
    /// Longer than any test on a busy machine.
    static var soon: Deadline { .after(.seconds(20)) }
}

extension MeshLimits {
    /// Heartbeats that a machine busy with other builds does not miss.
    static var patient: MeshLimits {
        var limits = MeshLimits()
        limits.silenceMax = .seconds(20)
        limits.helloTimeout = .seconds(10)
        return limits
    }
}
