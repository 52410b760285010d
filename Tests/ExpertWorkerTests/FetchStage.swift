import Checkpoint
import FoundationEssentials
import Logging
import Mesh
import Transport
import Wire

@testable import ExpertWorker

/// A worker with a cache and no model directory, and routers that do what a test says, over real
/// sockets.
final class FetchStage: Sendable {
    /// What the scripted routers hand out.
    let artifacts: [ArtifactDigest: [UInt8]]
    let shard: ExpertShard
    let cachePath: String
    private let hold: HoldHandler
    private let directory: String
    private static let loop = EventLoop(name: "fetch tests")

    init(
        artifacts contents: [[UInt8]], memory: Int = 1 << 30, cacheSize: Int = 1 << 30,
        cachePath: String? = nil
    ) throws {
        artifacts = Dictionary(
            uniqueKeysWithValues: contents.map { (ArtifactDigest(of: $0), $0) })
        directory =
            FileManager.default.temporaryDirectory.path
            + "/expertmesh-\(UInt64.random(in: 0 ... .max))"
        self.cachePath = cachePath ?? directory + "/cache"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let shard = ExpertShard(
            memoryByteCountMax: memory, loop: EventLoop(name: "fetch tests compute"))
        self.shard = shard
        let loader = ArtifactLoader(
            local: nil, cache: try ArtifactCache(path: self.cachePath, byteCountMax: cacheSize),
            pace: FetchPace(bytesPerSecond: nil), loop: EventLoop(name: "fetch tests files"),
            logger: Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() },
            inUse: { await shard.digestsInUse })
        hold = HoldHandler(shard: shard, loader: loader)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// The files of the cache, without its lock.
    var cached: Set<String> {
        get throws {
            Set(try FileManager.default.contentsOfDirectory(atPath: cachePath)).subtracting(["lock"]
            )
        }
    }

    /// Connects the worker to a new router that hands out pieces, and returns the router's end.
    func router(_ answer: @escaping PieceAnswer) async throws -> Peer {
        var handlers = Handlers()
        handlers.on(FetchArtifact.self) { request, _, context in
            try await answer(request, context.peer)
        }
        return try await connect(handlers).router
    }

    /// Connects the worker to a new router, and returns both ends.
    func connect(_ handlers: Handlers) async throws -> (router: Peer, worker: Peer) {
        let (peers, arrived) = AsyncStream<Peer>.makeStream()
        let address = try SocketAddress(
            "unix:\(directory)/\(UInt32.random(in: 0 ... .max)).sock")
        let server = try await Server.listen(
            on: address, loop: Self.loop, hello: Hello(role: .router, name: "router"),
            handlers: handlers, onPeer: { arrived.yield($0) })
        let worker = try await Peer.connect(
            to: address, on: Self.loop, hello: Hello(role: .expertWorker, name: "worker"),
            handlers: Handlers(shard: shard, hold: hold), deadline: .after(.seconds(20)))
        for await peer in peers {
            Task {
                await worker.waitUntilClosed()
                await server.drain(within: .zero)
            }
            return (peer, worker)
        }
        throw CancellationError()
    }

    /// An honest answer.
    func piece(_ request: FetchArtifact) throws -> (FetchArtifactReply, Attachment) {
        guard let digest = ArtifactDigest(bytes: request.digest), let bytes = artifacts[digest]
        else { throw Fault(code: .notFound, message: "not here") }
        let piece = bytes.dropFirst(request.offset).prefix(request.byteCount)
        return (FetchArtifactReply(byteCount: bytes.count), Attachment(Array(piece)))
    }

    /// An expert of random weights whose artifact has the given number of whole pieces and a bit.
    static func artifact(pieceCount: Int, seed: UInt8) -> [UInt8] {
        let (hidden, intermediate) = (64, pieceCount * ArtifactFetch.pieceByteCount / 768)
        let fields: [UInt32] = [1, 0, 0, UInt32(hidden), UInt32(intermediate), 1]
        let header =
            Array("XMEXPERT".utf8)
            + fields.flatMap { field in
                (0..<4).map { UInt8(truncatingIfNeeded: field >> (8 * $0)) }
            }
        let weights = (0..<3 * hidden * intermediate).flatMap { index -> [UInt8] in
            [0, 0, UInt8(truncatingIfNeeded: index * 31) &+ seed, 0x3c]
        }
        return header + [UInt8](repeating: 0, count: 64 - header.count) + weights
    }
}

typealias PieceAnswer =
    @Sendable (FetchArtifact, Peer) async throws -> (FetchArtifactReply, Attachment)

extension Peer {
    /// Asks the worker at the other end to hold exactly these.
    func hold(_ digests: some Sequence<ArtifactDigest>) async throws -> HoldArtifactsReply {
        try await call(
            HoldArtifacts(digests: digests.map(\.bytes)), deadline: .after(.seconds(60))
        ).message
    }
}
