import Checkpoint
import FoundationEssentials
import HTTP
import LinearAlgebra
import Logging
import Mesh
import Model
import Storage
import Tokenization
import Transport
import Wire

@testable import ExpertWorker
@testable import Router

/// A mesh of a tiny model in one process, over real sockets: the router's fleet and engine, and
/// workers that dial in, as the services connect them.
struct TinyMesh {
    let loaded: LoadedModel
    let model: ServedModel
    let fleet: Fleet
    let engine: Engine
    let directory: String
    private let address: SocketAddress
    private let loop = EventLoop(name: "io")
    private let server: Server
    private let steps: Task<Void, Never>

    /// - Parameter fixture: a directory of Tests/ModelTests/Fixtures.
    init(_ fixture: String, replicas: Int = 2, reduction: Reduction = .partialSum) async throws {
        directory =
            FileManager.default.temporaryDirectory.path
            + "/expertmesh-\(UInt64.random(in: 0 ... .max))"
        try ModelImporter.run(source: try Self.source(fixture, in: directory), into: directory)
        loaded = try LoadedModel(path: directory)
        model = try ServedModel(loaded)
        let fleet = Fleet(
            model: model, replicaCount: replicas, reduction: reduction,
            numericClass: ComputeThreads.kernelName, loop: loop,
            logger: Logger(label: "router") { _ in SwiftLogNoOpLogHandler() })
        self.fleet = fleet
        address = try SocketAddress("unix:\(directory)/router.sock")
        server = try await Server.listen(
            on: address, loop: loop, hello: Hello(role: .router, name: "router"),
            handlers: Handlers(
                artifacts: ArtifactSource(
                    stores: [loaded.directory.artifacts], loop: EventLoop(name: "artifacts"))),
            refusal: { await fleet.refusal(of: $0) }, onPeer: { await fleet.serve($0) })
        let engine = Engine(
            decoder: loaded.decoder, tokenizer: loaded.tokenizer, fleet: fleet,
            limits: Scheduler.Limits(), loop: EventLoop(name: "compute"))
        self.engine = engine
        steps = Task(executorPreference: engine.loop) { await engine.run() }
    }

    /// Starts a worker and returns once the router may use it.
    ///
    /// - Parameter fetches: It has no model directory, and fetches everything from the router.
    func addWorker(
        _ name: String, memoryByteCountMax: Int = 1 << 30, fetches: Bool = false,
        instance: UInt64 = 0
    ) async throws -> Peer {
        let shard = ExpertShard(
            memoryByteCountMax: memoryByteCountMax, loop: EventLoop(name: name))
        let loader = ArtifactLoader(
            local: fetches ? nil : ArtifactStore(path: directory + "/experts"),
            cache: fetches
                ? try ArtifactCache(path: "\(directory)/cache-\(name)", byteCountMax: 1 << 30)
                : nil,
            pace: FetchPace(bytesPerSecond: nil), loop: EventLoop(name: "files"),
            logger: Logger(label: name) { _ in SwiftLogNoOpLogHandler() },
            inUse: { await shard.digestsInUse })
        let hold = HoldHandler(shard: shard, loader: loader)
        return try await join(
            name, capacityBytes: memoryByteCountMax, instance: instance,
            handlers: Handlers(shard: shard, hold: hold))
    }

    /// Dials the router as a worker with these handlers, and returns once the router may use it.
    func join(
        _ name: String, capacityBytes: Int = 1 << 30, instance: UInt64 = 0, handlers: Handlers
    ) async throws -> Peer {
        let peer = try await dial(
            name, capacityBytes: capacityBytes, instance: instance, handlers: handlers)
        while await fleet.state.live.digests(on: WorkerID(name: name)).isEmpty {
            await fleet.waitForChange(atMost: .milliseconds(100))
        }
        _ = await fleet.waitUntilHeld(model.initial, deadline: .after(.seconds(60)))
        return peer
    }

    /// Dials the router as a worker with these handlers, and returns once the router knows it.
    func dial(
        _ name: String, capacityBytes: Int = 1 << 30, instance: UInt64 = 0, handlers: Handlers
    ) async throws -> Peer {
        let peer = try await Peer.connect(
            to: address, on: loop,
            hello: Hello(
                role: .expertWorker, name: name, numericClass: ComputeThreads.kernelName,
                capacityBytes: capacityBytes, host: "here", instance: instance),
            handlers: handlers, deadline: .after(.seconds(5)))
        while await fleet.state.members[WorkerID(name: name)] == nil {
            await fleet.waitForChange(atMost: .milliseconds(100))
        }
        return peer
    }

    /// The tokens after `prompt`, greedily.
    func generate(
        _ prompt: [TokenID], count: Int, within limit: Duration = .seconds(60), pin: Pin? = nil,
        onToken: (Int) async throws -> Void = { _ in }
    ) async throws -> [TokenID] {
        let parameters = GenerationParameters(temperature: 0, tokenCountMax: count)
        var tokens: [TokenID] = []
        let events = try await engine.generate(
            prompt: prompt, parameters: parameters, pin: pin ?? Pin(model.initial),
            deadline: .after(limit))
        for try await event in events {
            guard case .token(let token) = event else { continue }
            tokens.append(token.id)
            try await onToken(tokens.count)
        }
        return tokens
    }

    /// The hidden states of a prompt after the last layer, bit for bit.
    func hiddenStates(_ prompt: [TokenID]) async throws -> Matrix {
        let cache = KVCache(configuration: loaded.decoder.configuration)
        let batch = StepBatch(sequences: [(cache: cache, tokens: prompt)])
        let pass = ForwardPass(decoder: loaded.decoder, fleet: fleet)
        let spans = [RevisionSpan(rows: prompt.indices, revision: model.initial)]
        return try await pass.run(batch, spans: spans, deadline: .after(.seconds(60))).hidden
    }

    /// The router's revisions; uploads go where the workers look.
    func revisions(catalog: Catalog? = nil) async throws -> Revisions {
        let store = ArtifactStore(path: directory + "/experts")
        return try await Revisions(
            base: RevisionBase(loaded, initial: model.initial), catalog: catalog,
            shelf: ArtifactShelf(model: store, uploads: store, thread: SerialThread()),
            fleet: fleet, logger: Logger(label: "router") { _ in SwiftLogNoOpLogHandler() },
            now: { 0 })
    }

    /// What the front door talks to, with a template that only joins the messages.
    func meshEngine(limits: RequestLimits, bias: TokenBias? = nil) async throws -> MeshEngine {
        let template = try ChatTemplate("{% for m in messages %}{{ m.content }}{% endfor %}")
        return MeshEngine(
            name: model.name, revisions: try await revisions(),
            contextLength: loaded.decoder.configuration.contextLength,
            prompts: PromptBuilder(tokenizer: loaded.tokenizer, template: template),
            refusalBias: bias, engine: engine, knowledge: nil, library: nil, limits: limits,
            startedAt: 0)
    }

    func stop() async throws {
        steps.cancel()
        await server.drain(within: .zero)
        try FileManager.default.removeItem(atPath: directory)
    }

    /// The fixtures have no tokenizer of their own: they get a small one.
    private static func source(_ fixture: String, in directory: String) throws -> String {
        let files = FileManager.default
        let source = directory + "/source"
        try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try files.copyItem(atPath: tests + "/ModelTests/Fixtures/" + fixture, toPath: source)
        try Data(tokenizer.utf8).write(to: URL(filePath: source + "/tokenizer.json"))
        return source
    }

    /// As many tokens as the fixtures have: the characters of ASCII from the space on.
    private static let tokenizer: String = {
        let vocabulary = (0..<96).map { id in
            let code = String(32 + id, radix: 16)
            return #""\u00\#(code)": \#(id)"#
        }
        return #"{"model": {"type": "BPE", "unk_token": "?", "merges": [], "vocab": {"#
            + vocabulary.joined(separator: ",") + "}}}"
    }()

    private static let tests =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
}
