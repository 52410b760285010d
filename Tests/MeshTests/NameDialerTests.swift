import Mesh
import Synchronization
import Testing
import Transport
import Wire

/// A name whose addresses a test sets.
private final class Names: Sendable {
    private let answer: Mutex<Result<[SocketAddress], TransportError>>

    init(_ addresses: [SocketAddress]) { answer = Mutex(.success(addresses)) }

    func set(_ addresses: [SocketAddress]) { answer.withLock { $0 = .success(addresses) } }

    func fail() {
        answer.withLock { $0 = .failure(.unresolvable(host: "routers", reason: "no such name")) }
    }

    func resolve(_ name: SocketAddress) throws(TransportError) -> [SocketAddress] {
        try answer.withLock { $0 }.get()
    }
}

/// Processes at addresses of their own, and a dialler that knows them by one name.
private struct Town {
    let names: Names
    let arrivals: AsyncStream<Peer>
    let failures: AsyncStream<TransportError>
    private let running: Task<Void, Never>

    init(_ addresses: [SocketAddress]) {
        let names = Names(addresses)
        let known = KnownProcesses()
        let (arrivals, arrived) = AsyncStream<Peer>.makeStream()
        let (failures, failed) = AsyncStream<TransportError>.makeStream()
        (self.names, self.arrivals, self.failures) = (names, arrivals, failures)
        let dialer = NameDialer(
            to: .tcp(host: "routers", port: 7000), every: .milliseconds(5),
            resolve: { name throws(TransportError) in try names.resolve(name) },
            onFailure: { failed.yield($0) },
            redial: { address in
                Redial(
                    to: address, on: Loops.client, hello: .client, limits: .patient,
                    backoff: Backoff(first: .milliseconds(1), max: .milliseconds(10)),
                    known: known, onPeer: { arrived.yield($0) })
            })
        running = Task { await dialer.run() }
    }

    /// Cancels the dialler, which closes its connections.
    func leave() async {
        running.cancel()
        await running.value
    }

    static func server(
        at address: SocketAddress, _ name: String, instance: UInt64 = 0
    ) async throws -> Server {
        try await Server.listen(
            on: address, loop: Loops.server,
            hello: Hello(role: .router, name: name, instance: instance),
            handlers: CallTests.echo, limits: .patient)
    }
}

@Suite struct NameDialerTests {
    private let places = (0..<3).map { _ in
        SocketAddress.unix(path: "/tmp/mesh-test-\(UInt64.random(in: 0 ... .max)).sock")
    }

    @Test func `every address of a name is dialled, and one that appears later, too`() async throws
    {
        let servers = [
            try await Town.server(at: places[0], "a"), try await Town.server(at: places[1], "b"),
            try await Town.server(at: places[2], "c"),
        ]
        let town = Town([places[0], places[1]])
        var arrivals = town.arrivals.makeAsyncIterator()
        let first = Set([await arrivals.next()?.remote.name, await arrivals.next()?.remote.name])
        #expect(first == ["a", "b"])
        town.names.set(places)
        #expect(await arrivals.next()?.remote.name == "c")
        await town.leave()
        for server in servers { await server.drain(within: .zero) }
    }

    @Test func `a connection outlives its address, and is not made again`() async throws {
        var servers = [
            try await Town.server(at: places[0], "a"), try await Town.server(at: places[1], "b"),
        ]
        let town = Town([places[0]])
        var arrivals = town.arrivals.makeAsyncIterator()
        let peer = try #require(await arrivals.next())
        town.names.set([places[1]])
        #expect(await arrivals.next()?.remote.name == "b")
        _ = try await peer.call(Embed(texts: ["x"]), deadline: .soon)
        await peer.close()
        // Its address comes back: only now it is dialled again.
        servers.append(try await Town.server(at: places[2], "c"))
        town.names.set([places[1], places[2]])
        #expect(await arrivals.next()?.remote.name == "c")
        town.names.set(places)
        #expect(await arrivals.next()?.remote.name == "a")
        await town.leave()
        for server in servers { await server.drain(within: .zero) }
    }

    @Test func `a look-up that fails changes nothing`() async throws {
        let server = try await Town.server(at: places[0], "a")
        let town = Town([places[0]])
        var arrivals = town.arrivals.makeAsyncIterator()
        let peer = try #require(await arrivals.next())
        town.names.fail()
        for await _ in town.failures { break }
        await peer.close()
        #expect(await arrivals.next()?.remote.name == "a")
        await town.leave()
        await server.drain(within: .zero)
    }

    @Test func `a process with two addresses gets one connection, over the other when one is gone`()
        async throws
    {
        let first = try await Town.server(at: places[0], "first", instance: 7)
        let town = Town([places[0]])
        var arrivals = town.arrivals.makeAsyncIterator()
        #expect(await arrivals.next()?.remote.name == "first")
        let second = try await Town.server(at: places[1], "second", instance: 7)
        let other = try await Town.server(at: places[2], "other", instance: 8)
        town.names.set(places)
        #expect(await arrivals.next()?.remote.name == "other")
        town.names.set([places[1], places[2]])
        await first.drain(within: .zero)
        #expect(await arrivals.next()?.remote.name == "second")
        await town.leave()
        for server in [second, other] { await server.drain(within: .zero) }
    }
}

@Suite struct ResolutionTests {
    @Test func `an address without a name stands for itself`() async throws {
        for text in ["127.0.0.1:7000", "[::1]:7000", "unix:/run/router.sock"] {
            let address = try SocketAddress(text)
            #expect(try await address.resolved() == [address])
        }
    }

    @Test func `a name stands for addresses`() async throws {
        let addresses = try await SocketAddress("localhost:7000").resolved()
        #expect(!addresses.isEmpty)
        #expect(
            Set(addresses).isSubset(of: [
                .tcp(host: "127.0.0.1", port: 7000), .tcp(host: "::1", port: 7000),
            ]))
        #expect(Set(addresses).count == addresses.count)
    }

    @Test func `a name that nobody knows is an error`() async throws {
        await #expect(throws: TransportError.self) {
            try await SocketAddress("no-such-host.invalid:1").resolved()
        }
    }
}
