internal import Checkpoint
internal import LinearAlgebra
internal import Logging
internal import Mesh
internal import ServiceKit
internal import Transport
internal import Wire

/// Hosts experts. It dials the routers, says what it is, holds what it is told to hold, and
/// computes.
final class ExpertWorkerService: Service {
    static let name = "expert-worker"
    static let summary =
        "Hosts experts of a Mixture-of-Experts model and computes them for routers."
    static let adminAddress = "127.0.0.1:0"

    private let configuration: ExpertWorkerConfiguration
    private let logger: Logger
    private let loop = EventLoop(name: "io")
    private let links: RouterLinks
    /// Tells this process from another of the same name.
    private let instance = UInt64.random(in: 1 ... .max)
    private let known = KnownProcesses()
    private let handlers: Handlers

    init(configuration: ExpertWorkerConfiguration, context: ServiceContext) async throws {
        self.configuration = configuration
        logger = context.logger
        ComputeThreads.set(configuration.threadCount)
        let shard = ExpertShard(
            memoryByteCountMax: configuration.memoryByteCountMax, loop: EventLoop(name: "compute"))
        let loader = try Self.loader(configuration, shard, context.logger)
        links = RouterLinks()
        handlers = Handlers(shard: shard, hold: HoldHandler(shard: shard, loader: loader))
    }

    private static func loader(
        _ configuration: ExpertWorkerConfiguration, _ shard: ExpertShard, _ logger: Logger
    ) throws -> ArtifactLoader {
        ArtifactLoader(
            local: configuration.modelDirectory.map { ArtifactStore(path: $0 + "/experts") },
            cache: try configuration.artifactCache.map {
                try ArtifactCache(
                    path: $0, byteCountMax: configuration.artifactCacheByteCountMax)
            },
            pace: FetchPace(bytesPerSecond: configuration.fetchBytesPerSecond),
            loop: EventLoop(name: "files"), logger: logger,
            inUse: { await shard.digestsInUse })
    }

    func run() async throws {
        await withTaskGroup { group in
            for name in configuration.routers {
                let dialer = dialer(to: name)
                group.addTask(executorPreference: loop) { await dialer.run() }
            }
            await links.waitUntilLeft()
            group.cancelAll()
        }
    }

    func drain(within grace: Duration) async {
        await Departure(links: links, logger: logger).leave(within: grace)
    }

    var health: HealthReport {
        get async {
            await links.peers.isEmpty
                ? .unready(["no router reached yet: \(configuration.routers.map(\.description))"])
                : .ready
        }
    }

    private func dialer(to name: SocketAddress) -> NameDialer {
        NameDialer(
            to: name,
            onFailure: { [logger] error in
                logger.warning(
                    "routers not found", metadata: ["name": "\(name)", "error": "\(error)"])
            },
            redial: redial)
    }

    private func redial(to address: SocketAddress) -> Redial {
        let (logger, links) = (logger, links)
        return Redial(
            to: address, on: loop, hello: hello, handlers: handlers, known: known,
            onFailure: { error in
                logger.warning(
                    "router not reached", metadata: ["router": "\(address)", "error": "\(error)"])
            },
            onPeer: { peer in
                guard await links.add(peer) else {
                    return await peer.close(reason: "this worker is leaving")
                }
                logger.notice("connected", metadata: ["router": "\(address)"])
                let reason = await peer.waitUntilClosed()
                logger.notice(
                    "disconnected",
                    metadata: [
                        "router": "\(address)",
                        "reason": "\(reason ?? .closed(reason: "this worker is leaving"))",
                    ])
                await links.remove(peer)
            })
    }

    private var hello: Hello {
        Hello(
            role: .expertWorker, name: configuration.name,
            numericClass: ComputeThreads.kernelName,
            capacityBytes: configuration.memoryByteCountMax, coreCount: configuration.threadCount,
            host: configuration.host, instance: instance)
    }
}
