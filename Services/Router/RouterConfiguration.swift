internal import HTTP
internal import LinearAlgebra
internal import ServiceKit
internal import Storage
internal import Transport
internal import Wire

/// Everything an operator can change about a router.
struct RouterConfiguration: ServiceConfiguration {
    /// How workers' results are added, in the operator's words.
    enum Order: String, CaseIterable {
        case fast, fixed

        var reduction: Reduction { self == .fast ? .partialSum : .perChoice }
    }

    /// Fewer would hold no conversation.
    static let cachedTokenCounts = 256...(1 << 30)

    let listen: ListenAddress
    let meshListen: SocketAddress
    /// What other routers call this one; nil is where it listens.
    let name: String?
    let modelDirectory: String
    let knowledgeStore: SocketAddress?
    let catalog: CatalogLocation?
    /// Where uploaded artifacts go; nil where none are taken.
    let artifactPath: String?
    let keys: APIKeys?
    let replicaCount: Int
    let order: Order
    let threadCount: Int
    let limits: Scheduler.Limits
    let requestLimits: RequestLimits

    static let settings = [
        Setting(
            "listen", "HOST:PORT", default: "127.0.0.1:8080",
            help: "Where clients find the OpenAI-compatible API.", example: "0.0.0.0:8080"),
        Setting(
            "mesh-listen", "ADDRESS", default: "127.0.0.1:7000",
            help: "Where expert-workers dial in: HOST:PORT or unix:PATH.",
            example: "unix:/run/expertmesh/router.sock"),
        Setting(
            "name", "NAME",
            help: "What reports and other routers call this one; where it listens unless given.",
            example: "router-1"),
        Setting(
            "model-directory", "PATH", isRequired: true,
            help: "An imported model (meshctl import).",
            example: "/var/lib/expertmesh/models/demo"),
        Setting(
            "knowledge-store", "ADDRESS",
            help: "The knowledge-store to dial; without it files, vector stores, file_search and "
                + "embeddings answer 503.",
            example: "127.0.0.1:7100"),
        Setting(
            "catalog", "PATH|URL",
            help: "What remembers files, vector stores and revisions: a SQLite file, or, for "
                + "several routers, postgres://USER:PASSWORD@HOST:PORT/DATABASE. Needed with "
                + "--knowledge-store, and to swap experts.",
            example: "/var/lib/expertmesh/catalog.sqlite"),
        Setting(
            "artifacts", "PATH",
            help: "Where uploaded experts lie; beside a SQLite catalog, in artifacts/, unless "
                + "given. Needed with PostgreSQL: a folder that all routers share.",
            example: "/mnt/expertmesh/artifacts"),
        Setting(
            "api-keys", "KEY,…", isSecret: true,
            help: "Keys that clients must present, by commas; without any, everyone may call.",
            example: "sk-first,sk-second"),
        Setting(
            "open-access", "BOOLEAN", default: "false",
            help: "true: serve without keys on an address that other machines can reach.",
            example: "true"),
        Setting(
            "replicas", "COUNT", default: "2",
            help: "Copies of each expert that are wanted where memory allows.", example: "3"),
        Setting(
            "order", "ORDER", default: "fast",
            help:
                "fast: workers add up what they compute; fixed: every choice travels alone and is "
                + "added in the gate's order, so that any placement gives the same bits.",
            example: "fixed"),
        Setting(
            "threads", "COUNT", default: "1", help: "Cores to compute with.", example: "4"),
        Setting(
            "running-requests", "COUNT", default: "32",
            help: "Sequences that are generated together.", example: "8"),
        Setting(
            "waiting-requests", "COUNT", default: "64",
            help: "Requests that may wait for a place; more are answered 429 at once.",
            example: "16"),
        Setting(
            "cached-tokens", "COUNT", default: "65536",
            help: "Tokens that the KV caches of all running sequences may hold.", example: "32768"),
        Setting(
            "request-time", "TIME", default: "300s",
            help: "What a request may take from admission to its last token.", example: "60s"),
    ]

    init(_ values: SettingValues) throws(SettingError) {
        listen = try values.address("listen")
        meshListen = try values.socketAddress("mesh-listen")
        name = values.optionalString("name")
        modelDirectory = try values.string("model-directory")
        let hasStore = values.optionalString("knowledge-store") != nil
        knowledgeStore = hasStore ? try values.socketAddress("knowledge-store") : nil
        catalog = try Self.catalog(values)
        guard !hasStore || catalog != nil else { throw values.missing("catalog") }
        artifactPath = try Self.artifactPath(values, catalog)
        keys = APIKeys(values.list("api-keys"))
        let isOpen = try values.boolean("open-access")
        guard isOpen || keys != nil || listen.isLoopback else {
            throw values.invalid(
                "listen",
                expected: "a loopback address, which it must be without --api-keys "
                    + "(or say --open-access true)")
        }
        replicaCount = try values.integer("replicas", in: PlacementPlanner.replicaCounts)
        order = try values.choice("order")
        threadCount = try values.integer("threads", in: 1...ComputeThreads.countMax)
        limits = Scheduler.Limits(
            runningCountMax: try values.integer("running-requests", in: 1...1024),
            waitingCountMax: try values.integer("waiting-requests", in: 0...65_536),
            cachedTokenCountMax: try values.integer("cached-tokens", in: Self.cachedTokenCounts))
        requestLimits = RequestLimits(duration: try values.duration("request-time"))
    }

    static func check(_ values: SettingValues) throws(SettingError) {
        try values.checkFolder("model-directory")
        if case .file = try catalog(values) { try values.checkFile("catalog") }
    }

    private static func catalog(
        _ values: SettingValues
    ) throws(SettingError) -> CatalogLocation? {
        guard let text = values.optionalString("catalog") else { return nil }
        guard PostgresAddress.isMeant(by: text) else { return .file(text) }
        return .server(
            try values.read(
                "catalog",
                "an address such as postgres://USER:PASSWORD@HOST:5432/DATABASE, with %-codes for "
                    + "what has a meaning in a URL"
            ) { PostgresAddress($0) })
    }

    private static func artifactPath(
        _ values: SettingValues, _ catalog: CatalogLocation?
    ) throws(SettingError) -> String? {
        switch (values.optionalString("artifacts"), catalog) {
        case (let path?, _): path
        case (nil, .file(let path)):
            (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + "artifacts"
        case (nil, .server): throw values.missing("artifacts")
        case (nil, nil): nil
        }
    }
}
