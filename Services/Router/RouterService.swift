internal import Checkpoint
internal import Glibc
internal import HTTP
internal import LinearAlgebra
internal import Logging
internal import Mesh
internal import Model
internal import ServiceKit
internal import Storage
internal import Transport
internal import Wire

/// The front door, and what every token needs: tokenizer, attention, gates, batching, dispatch.
final class RouterService: Service {
    static let name = "router"
    static let summary = "Serves a Mixture-of-Experts model whose experts live in expert-workers."
    static let adminAddress = "127.0.0.1:9090"

    private let loop = EventLoop(name: "io")
    private let engine: Engine
    private let fleet: Fleet
    private let revisions: Revisions
    private let knowledge: KnowledgeClient?
    private let ingestor: Ingestor?
    private let leadership: Leadership?
    private let hello: Hello
    private let mesh: Server
    private let door: HTTPServer

    init(configuration: RouterConfiguration, context: ServiceContext) async throws {
        ComputeThreads.set(configuration.threadCount)
        let loaded = try LoadedModel(path: configuration.modelDirectory)
        let model = try ServedModel(loaded)
        let fleet = Fleet(
            model: model, replicaCount: configuration.replicaCount,
            reduction: configuration.order.reduction, numericClass: ComputeThreads.kernelName,
            loop: loop, logger: context.logger)
        let engine = Engine(
            decoder: loaded.decoder, tokenizer: loaded.tokenizer, fleet: fleet,
            limits: configuration.limits, loop: EventLoop(name: "compute"))
        let catalog = try await Self.catalog(configuration)
        let shelf = Self.shelf(configuration, model: loaded.directory.artifacts)
        revisions = try await Revisions(
            base: RevisionBase(loaded, initial: model.initial), catalog: catalog, shelf: shelf,
            fleet: fleet, logger: context.logger, now: Self.now)
        let library = Self.library(configuration, catalog, loop: loop, logger: context.logger)
        hello = Hello(
            role: .router, name: "router", numericClass: ComputeThreads.kernelName,
            instance: .random(in: 1 ... .max))
        let artifacts = ArtifactSource(
            stores: shelf.stores, loop: EventLoop(name: "artifacts"))
        var handlers = Handlers(artifacts: artifacts)
        handlers.letWorkersGo(from: fleet)
        mesh = try await Self.listen(
            configuration, hello, handlers, fleet, loop: loop, context.logger)
        context.announce("mesh", address: "\(mesh.address)")
        let meshEngine = MeshEngine(
            name: model.name, revisions: revisions,
            contextLength: loaded.decoder.configuration.contextLength,
            prompts: PromptBuilder(tokenizer: loaded.tokenizer, template: loaded.chatTemplate),
            refusalBias: PromptBuilder.refusalBias(loaded.refusal),
            engine: engine, knowledge: library?.knowledge, library: library,
            limits: configuration.requestLimits, startedAt: Self.now())
        door = try await FrontDoorServer.start(
            FrontDoor(engine: meshEngine, library: library), on: configuration.listen,
            keys: configuration.keys, logger: context.logger)
        context.announce("http", address: "\(door.address)")
        (self.fleet, self.engine) = (fleet, engine)
        (knowledge, ingestor) = (library?.knowledge, library?.ingestor)
        if let catalog, catalog.isShared {
            leadership = Leadership(
                name: configuration.name ?? "\(door.address)", catalog: catalog,
                revisions: revisions, fleet: fleet, ingestor: ingestor, logger: context.logger)
        } else {
            leadership = nil
        }
        AdminReports(fleet: fleet, engine: engine, knowledge: knowledge, leadership: leadership)
            .add(to: context.admin)
        AdminRevisions(revisions: revisions).add(to: context.admin)
        AdminPlacement(fleet: fleet, leadership: leadership).add(to: context.admin)
    }

    func run() async throws {
        await withTaskGroup { group in
            if let knowledge, let ingestor {
                let hello = hello
                group.addTask(executorPreference: loop) { await knowledge.run(as: hello) }
                group.addTask { await ingestor.run() }
            }
            group.addTask(executorPreference: engine.loop) { [engine] in await engine.run() }
            group.addTask { [revisions] in await revisions.run() }
            if let leadership { group.addTask { await leadership.run() } }
            await door.waitUntilStopped()
            group.cancelAll()
        }
    }

    /// First the clients' requests end, then the workers' connections.
    func drain(within grace: Duration) async {
        await revisions.stop()
        await door.drain(within: grace)
        await mesh.drain(within: .seconds(1))
    }

    var health: HealthReport {
        get async {
            let missing = await fleet.missing
            var report: HealthReport =
                missing.isEmpty ? .ready : .unready(["no worker holds \(missing.words)"])
            if let leader = await leadership?.leader { report.facts["leader"] = leader }
            return report
        }
    }

    private static func listen(
        _ configuration: RouterConfiguration, _ hello: Hello, _ handlers: Handlers,
        _ fleet: Fleet, loop: EventLoop, _ logger: Logger
    ) async throws -> Server {
        try await Server.listen(
            on: configuration.meshListen, loop: loop, hello: hello, handlers: handlers,
            refusal: { await fleet.refusal(of: $0) },
            onFailure: { logger.warning("mesh connection refused", metadata: ["reason": "\($0)"]) },
            onPeer: { await fleet.serve($0) })
    }

    private static func catalog(_ configuration: RouterConfiguration) async throws -> Catalog? {
        guard let location = configuration.catalog else { return nil }
        let catalog = Catalog(location, thread: SerialThread())
        try await catalog.open()
        return catalog
    }

    private static func shelf(
        _ configuration: RouterConfiguration, model: ArtifactStore
    ) -> ArtifactShelf {
        ArtifactShelf(
            model: model, uploads: configuration.artifactPath.map(ArtifactStore.init(path:)),
            thread: SerialThread())
    }

    private static func library(
        _ configuration: RouterConfiguration, _ catalog: Catalog?, loop: EventLoop, logger: Logger
    ) -> Library? {
        guard let address = configuration.knowledgeStore, let catalog else { return nil }
        let knowledge = KnowledgeClient(address: address, loop: loop, logger: logger)
        return Library(
            catalog: catalog, knowledge: knowledge,
            ingestor: Ingestor(catalog: catalog, knowledge: knowledge, logger: logger),
            now: now)
    }

    /// Seconds since 1970.
    @Sendable private static func now() -> Int { time(nil) }
}
