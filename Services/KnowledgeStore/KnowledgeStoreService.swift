internal import Knowledge
internal import LinearAlgebra
internal import Logging
internal import Mesh
internal import ServiceKit
internal import Storage
internal import Transport
internal import Wire

/// Keeps documents and finds passages in them. It never dials: routers come to it.
final class KnowledgeStoreService: Service {
    static let name = "knowledge-store"
    static let summary = "Keeps documents, and finds the passages in them that answer a question."
    static let adminAddress = "127.0.0.1:0"

    /// Deleted bytes leave the files, and the log is emptied, this often.
    private static let maintenanceInterval = Duration.seconds(30)

    /// What routers may take to hear that this store is leaving.
    private static let goodbyeMax = Duration.milliseconds(500)

    private let logger: Logger
    private let loop: EventLoop
    private let store: PassageStore
    private let server: Server
    private let lifetime = Lifetime()

    init(configuration: KnowledgeStoreConfiguration, context: ServiceContext) async throws {
        logger = context.logger
        ComputeThreads.set(configuration.threadCount)
        let encoder = try EncoderThread(path: configuration.encoderDirectory)
        let identity = try EncoderIdentity.name(of: configuration.encoderDirectory)
        store = try await PassageStore.open(
            path: configuration.databasePath, embedder: encoder.embedder(identity: identity),
            reembedding: configuration.isReembedding)
        loop = EventLoop(name: "io")
        let handlers = KnowledgeHandlers(
            store: store, embed: { await encoder.embed($0) }, lifetime: lifetime)
        server = try await Server.listen(
            on: configuration.listen, loop: loop,
            hello: Hello(role: .knowledgeStore, name: Self.name),
            handlers: handlers.table)
        context.announce("mesh", address: "\(server.address)")
        let passageCount = await store.passageCount
        logger.notice(
            "opened", metadata: ["passages": "\(passageCount)", "encoder": "\(identity)"])
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [store, lifetime, logger] group in
            group.addTask { try await lifetime.waitForEnd() }
            group.addTask { await Self.maintain(store, logger) }
            defer { group.cancelAll() }
            try await group.next()
        }
        try await store.maintain()
        store.close()
    }

    func drain(within grace: Duration) async {
        await server.sayGoodbye(within: Self.goodbyeMax)
        await server.drain(within: grace)
        lifetime.end()
    }

    var health: HealthReport { get async { .ready } }

    /// Until cancelled. A failure is for the log only: the next round tries again, and no promise
    /// waits for it.
    private static func maintain(_ store: PassageStore, _ logger: Logger) async {
        while (try? await Task.sleep(for: maintenanceInterval)) != nil {
            do { try await store.maintain() } catch {
                logger.warning("maintenance", metadata: ["error": "\(error)"])
            }
        }
    }
}
