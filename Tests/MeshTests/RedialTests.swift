import Mesh
import Testing
import Transport
import Wire

@Suite struct RedialTests {
    @Test func `a lost connection is made again, and cancelling ends it`() async throws {
        let address = try TransportKind.unix.address()
        let (peers, continuation) = AsyncStream<Peer>.makeStream()
        let (failures, failed) = AsyncStream<MeshError>.makeStream()
        let redial = Redial(
            to: address, on: Loops.client, hello: .client, limits: .patient,
            backoff: Backoff(first: .milliseconds(1), max: .milliseconds(20)),
            onFailure: { failed.yield($0) }, onPeer: { continuation.yield($0) })
        let running = Task { await redial.run() }
        // Nobody there yet.
        for await failure in failures {
            guard case .unavailable = failure else { continue }
            break
        }
        var lives = peers.makeAsyncIterator()
        for _ in 0..<2 {
            let server = try await Server.listen(
                on: address, loop: Loops.server, hello: .server, handlers: CallTests.echo,
                limits: .patient)
            let peer = try #require(await lives.next())
            #expect(
                try await peer.call(Embed(texts: ["x"]), deadline: .soon).message.dimension == 1)
            if !running.isCancelled { await server.drain(within: .zero) }
            await peer.waitUntilClosed()
        }
        running.cancel()
        await running.value
    }
}
