import Mesh
import Testing
import Transport
import Wire

@Suite struct HandshakeTests {
    /// A server that tells why strangers failed.
    struct Door {
        let server: Server
        let failures: AsyncStream<MeshError>

        init(_ change: (inout MeshLimits) -> Void = { _ in }) async throws {
            var limits = MeshLimits.patient
            change(&limits)
            let (failures, continuation) = AsyncStream<MeshError>.makeStream()
            self.failures = failures
            server = try await Server.listen(
                on: TransportKind.unix.address(), loop: Loops.server, hello: .server,
                handlers: CallTests.echo,
                limits: limits, onFailure: { continuation.yield($0) })
        }

        func nextFailure() async -> MeshError? {
            for await failure in failures { return failure }
            return nil
        }

        /// The service still answers others.
        func expectAlive() async throws {
            let peer = try await Peer.connect(
                to: server.address, on: Loops.client, hello: .client, limits: .patient,
                deadline: .soon)
            #expect(
                try await peer.call(Embed(texts: ["a"]), deadline: .soon).message.dimension == 1)
            await server.drain(within: .zero)
        }
    }

    @Test func `versions that have nothing in common are told so at both ends`() async throws {
        let door = try await Door()
        let future = Hello(
            role: .router, name: "future", protocolVersionMin: 2, protocolVersionMax: 9)
        await #expect {
            try await Peer.connect(
                to: door.server.address, on: Loops.client, hello: future, deadline: .soon)
        } throws: { error in
            guard case MeshError.fault(let fault) = error else { return false }
            return fault.code == .versionMismatch && fault.message.contains("upgrade the older")
        }
        guard case .fault(let fault) = await door.nextFailure() else {
            Issue.record("no failure"); return
        }
        #expect(fault.code == .versionMismatch)
        try await door.expectAlive()
    }

    @Test func `whoever speaks another protocol is sent away`() async throws {
        let door = try await Door()
        let stranger = try await Stranger(door.server.address)
        // As bytes: no frame at all.
        try stranger.send(Frame(kind: 1, requestID: 1, body: [UInt8](repeating: 0, count: 5000)))
        #expect(await door.nextFailure() == .unavailable(.badFrame(.bodyTooLong(5000, max: 4096))))
        await #expect(throws: TransportError.self) { try await stranger.receive() }
        try await door.expectAlive()
    }

    @Test func `a request before Hello is refused`() async throws {
        let door = try await Door()
        let stranger = try await Stranger(door.server.address)
        try stranger.send(
            Frame(kind: MessageKind.health.rawValue, requestID: 1, deadlineMilliseconds: 100))
        let answer = try await stranger.receive()
        #expect(try Fault(decoding: answer.body).message.contains("must be Hello"))
        #expect(await door.nextFailure() == .protocolViolation("the first message must be Hello"))
        try await door.expectAlive()
    }

    @Test func `whoever says nothing is closed`() async throws {
        let door = try await Door { $0.helloTimeout = .milliseconds(20) }
        let stranger = try await Stranger(door.server.address)
        await #expect(throws: TransportError.closedByPeer) { try await stranger.receive() }
        guard case .unavailable(.closed) = await door.nextFailure() else {
            Issue.record("no failure"); return
        }
        await door.server.drain(within: .zero)
    }

    @Test func `of too many strangers the oldest is closed, and friends still come in`()
        async throws
    {
        let door = try await Door { $0.handshakeCountMax = 3 }
        var strangers: [Stranger] = []
        for _ in 0..<4 { strangers.append(try await Stranger(door.server.address)) }
        await #expect(throws: TransportError.closedByPeer) { try await strangers[0].receive() }
        try await door.expectAlive()
    }

    @Test func `over the maximum of connections the next is closed at once`() async throws {
        let door = try await Door { $0.connectionCountMax = 1 }
        let first = try await Stranger(door.server.address, saying: .client)
        let second = try await Stranger(door.server.address)
        await #expect(throws: TransportError.closedByPeer) { try await second.receive() }
        first.close()
        await door.server.drain(within: .zero)
    }

    @Test func `a hundred idle strangers do not keep a friend out`() async throws {
        let door = try await Door()
        var strangers: [Stranger] = []
        for _ in 0..<100 { strangers.append(try await Stranger(door.server.address)) }
        try await door.expectAlive()
        #expect(strangers.count == 100)
    }
}
