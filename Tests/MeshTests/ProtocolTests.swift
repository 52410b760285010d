import Mesh
import Testing
import Transport
import Wire

/// Peers that have said Hello and then misbehave. The connection ends with a reason; the process
/// goes on.
@Suite struct ProtocolTests {
    struct Misbehaviour: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let frames: [Frame]
    }

    static let request = Frame(
        kind: MessageKind.embed.rawValue, requestID: 9, deadlineMilliseconds: 1000)

    @Test(arguments: [
        Misbehaviour(
            testDescription: "a reply that is also a cancel",
            frames: [Frame(kind: 1, flags: [.reply, .cancel], requestID: 1)]),
        Misbehaviour(
            testDescription: "an item that is no reply",
            frames: [Frame(kind: 1, flags: .more, requestID: 1)]),
        Misbehaviour(
            testDescription: "a request without a number",
            frames: [Frame(kind: 59, requestID: 0, deadlineMilliseconds: 5)]),
    ])
    func `frames that make no sense end the connection`(_ misbehaviour: Misbehaviour) async throws {
        let stage = try await Stage(CallTests.echo)
        let stranger = try await Stranger(stage.server.address, saying: .client)
        for frame in misbehaviour.frames { try stranger.send(frame) }
        await #expect(throws: TransportError.closedByPeer) { try await stranger.receive() }
        #expect(try await stage.peer.call(Embed(texts: []), deadline: .soon).message.dimension == 0)
        await stage.close()
    }

    @Test func `a request without a deadline is refused, and the connection kept`() async throws {
        let stage = try await Stage(CallTests.echo)
        let stranger = try await Stranger(stage.server.address, saying: .client)
        try stranger.send(Frame(kind: MessageKind.embed.rawValue, requestID: 9))
        #expect(try Fault(decoding: try await stranger.receive().body).message.contains("deadline"))
        try stranger.send(Self.request)
        #expect(try await stranger.receive().kind == MessageKind.embedReply.rawValue)
        await stage.close()
    }

    @Test func `answers to nobody and cancels of nothing are ignored`() async throws {
        let stage = try await Stage(CallTests.echo)
        let stranger = try await Stranger(stage.server.address, saying: .client)
        try stranger.send(Frame(kind: 59, flags: .reply, requestID: 77))
        try stranger.send(Frame(kind: 0, flags: .cancel, requestID: 78))
        try stranger.send(Frame(kind: 3, flags: [.reply, .fault], requestID: 79, body: [0xff]))
        try stranger.send(Self.request)
        #expect(try await stranger.receive().requestID == 9)
        await stage.close()
    }

    @Test func `an answer of the wrong kind is an error, not a wrong value`() async throws {
        let (peer, stranger) = try await Self.peerOfStranger()
        let call = Task { try await peer.call(Health(), deadline: .soon) }
        let request = try await stranger.receive()
        try stranger.send(
            Frame(
                kind: MessageKind.embedReply.rawValue, flags: .reply, requestID: request.requestID))
        await #expect(throws: MeshError.self) { try await call.value }
        await peer.close()
    }

    @Test func `a peer that falls silent is dead after its time, and its calls fail`() async throws
    {
        var limits = MeshLimits()
        limits.heartbeatInterval = .milliseconds(20)
        limits.silenceMax = .milliseconds(100)
        let start = ContinuousClock.now
        let (peer, stranger) = try await Self.peerOfStranger(limits)
        await #expect(throws: MeshError.unavailable(.silent(.milliseconds(100)))) {
            try await peer.call(Health(), deadline: .soon)
        }
        #expect(start.duration(to: .now) >= .milliseconds(100))
        await peer.waitUntilClosed()
        stranger.close()
    }

    /// A peer whose other end answers Hello and then does what the test wants.
    static func peerOfStranger(_ limits: MeshLimits = .patient) async throws -> (Peer, Accepted) {
        let socket = try await ListeningSocket(on: TransportKind.unix.address())
        let porter = Porter()
        await porter.open(socket)
        async let peer = Peer.connect(
            to: socket.address, on: Loops.client, hello: .client, limits: limits, deadline: .soon)
        let accepted = Accepted(socket: try #require(await porter.next()))
        let hello = try await accepted.receive()
        try accepted.send(
            Frame(
                kind: MessageKind.hello.rawValue, flags: .reply, requestID: hello.requestID,
                body: Hello.server.encoded()))
        await porter.close()
        return (try await peer, accepted)
    }

    /// A listener of Transport, without Mesh.
    actor Porter: LoopBound {
        nonisolated let loop = Loops.server
        private var listener: Listener?
        private let (sockets, continuation) = AsyncStream<Socket>.makeStream()

        func open(_ socket: ListeningSocket) {
            listener = Listener(socket, on: loop) { [continuation] in continuation.yield($0) }
        }

        func next() async -> Socket? {
            for await socket in sockets { return socket }
            return nil
        }

        func close() { listener?.close() }
    }

    struct Accepted {
        let socket: Socket

        func send(_ frame: Frame) throws { try socket.send(frame) }

        func receive() async throws -> Frame {
            while true {
                let frame = try await socket.receive(
                    limits: .open, on: Loops.server, within: .seconds(20))
                if frame.kind != MessageKind.ping.rawValue { return frame }
            }
        }

        func close() { socket.close() }
    }
}
