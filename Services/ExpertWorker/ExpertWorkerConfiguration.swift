internal import ServiceKit
internal import Transport

/// Everything an operator can change about an expert-worker.
struct ExpertWorkerConfiguration: ServiceConfiguration {
    /// Cores that one worker may use at most.
    static let threadCountMax = 256

    let name: String
    let routers: [SocketAddress]
    let modelDirectory: String
    let memoryByteCountMax: Int
    let threadCount: Int

    static let settings = [
        Setting(
            "name", "NAME", isRequired: true,
            help: "This worker's name, unique in the mesh; routers know it by it.",
            example: "worker-1"),
        Setting(
            "routers", "ADDRESS,…", default: "127.0.0.1:7000",
            help: "The mesh ports of the routers to dial: HOST:PORT or unix:PATH, by commas.",
            example: "router-1:7000,router-2:7000"),
        Setting(
            "model-directory", "PATH", isRequired: true,
            help: "An imported model; its experts/ folder holds the artifacts.",
            example: "/var/lib/expertmesh/models/demo"),
        Setting(
            "memory", "SIZE", default: "4GiB",
            help: "Bytes of experts that this worker may hold.", example: "16GiB"),
        Setting(
            "threads", "COUNT", default: "1", help: "Cores to compute with.", example: "4"),
    ]

    init(_ values: SettingValues) throws(SettingError) {
        name = try values.string("name")
        modelDirectory = try values.string("model-directory")
        memoryByteCountMax = try values.byteCount("memory")
        threadCount = try values.integer("threads", in: 1...Self.threadCountMax)
        routers = try values.socketAddresses("routers")
    }
}
