import ArgumentParser
import CEcho
import Mesh
import Transport
import Wire

/// One round of calls.
struct HopRun: Sendable {
    let callsPerSecond: Double
    /// Microseconds, by share of the calls.
    let latency: @Sendable (Double) -> Double
}

/// A server process of each kind, each with a peer connected to it.
struct Hop {
    private static let loop = EventLoop(name: "hop client")

    private let place = Int32.random(in: 0..<1_000_000)
    /// By place: the mesh's server, and C's.
    private let processes: [Int32: Int32]
    let mesh: Peer
    let c: Peer

    init() async throws {
        let cPlace = place + 1_000_000
        processes = [place: cecho_spawn_server(1, place), cPlace: cecho_spawn_server(0, cPlace)]
        guard !processes.values.contains(-1) else {
            throw FigureUnavailable(description: "no server process")
        }
        mesh = try await Self.connect(to: place)
        c = try await Self.connect(to: cPlace)
    }

    func stop() {
        for (place, process) in processes { cecho_stop_server(process, place) }
    }

    /// The server may still be starting.
    private static func connect(to place: Int32) async throws -> Peer {
        for _ in 0..<200 {
            do throws(MeshError) {
                return try await Peer.connect(
                    to: HopServer.address(place), on: loop,
                    hello: Hello(role: .router, name: "hop client"),
                    deadline: .after(.seconds(2)))
            } catch {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw FigureUnavailable(description: "the server does not answer")
    }

    /// The same exchange with C at both ends: what no request table, deadline, task or decoding
    /// costs.
    func runPlainC(_ byteCount: Int, inFlight: Int, count: Int) throws -> HopRun {
        let seconds = cecho_exchange(
            place + 1_000_000, Int32(byteCount), Int32(inFlight), Int32(count))
        guard seconds > 0 else { throw FigureUnavailable(description: "the C exchange failed") }
        let shares = [0.5: cecho_latency(0.5), 0.99: cecho_latency(0.99)]
        return HopRun(callsPerSecond: Double(count) / seconds) { shares[$0] ?? .nan }
    }

    /// `inFlight` callers on the peer's loop, each with its next call as soon as it has its answer.
    static func run(_ peer: Peer, _ byteCount: Int, inFlight: Int, count: Int) async throws
        -> HopRun
    {
        let attachment =
            byteCount == 0 ? Attachment.empty : Attachment([UInt8](repeating: 0, count: byteCount))
        let start = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<inFlight {
                group.addTask(executorPreference: loop) {
                    try await call(peer, attachment, count: count / inFlight)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        return HopRun(callsPerSecond: Double(latencies.count) / seconds) { share in
            latencies[min(Int(share * Double(latencies.count)), latencies.count - 1)]
        }
    }

    private static func call(_ peer: Peer, _ attachment: Attachment, count: Int) async throws
        -> [Double]
    {
        var latencies: [Double] = []
        latencies.reserveCapacity(count)
        for _ in 0..<count {
            let start = ContinuousClock.now
            _ = try await peer.call(
                Health(), attachment: attachment, deadline: .after(.seconds(10)))
            latencies.append(start.duration(to: .now) / .microseconds(1))
        }
        return latencies
    }
}

/// The other process. Started by the figures, not by hand.
struct HopServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hop-server", shouldDisplay: false)

    @Argument var language: String
    @Argument var place: Int32

    static func address(_ place: Int32) -> SocketAddress {
        .unix(path: "/tmp/mesh-hop-\(place).sock")
    }

    func run() async throws {
        if language == "c" { cecho_serve(place) }
        var handlers = Handlers()
        handlers.on(Health.self) { _, attachment, _ in (HealthReply(ready: true), attachment) }
        let loop = EventLoop(name: "hop server")
        let server = try await Server.listen(
            on: Self.address(place), loop: loop,
            hello: Hello(role: .expertWorker, name: "hop server"),
            handlers: handlers)
        for await _ in loop.signals([15]) { break }
        await server.drain(within: .zero)
    }
}
