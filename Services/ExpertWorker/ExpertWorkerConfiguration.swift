internal import LinearAlgebra
internal import ServiceKit
internal import Transport
internal import Wire

/// Everything an operator can change about an expert-worker.
struct ExpertWorkerConfiguration: ServiceConfiguration {
    let name: String
    let host: String
    let routers: [SocketAddress]
    let modelDirectory: String?
    let artifactCache: String?
    let artifactCacheByteCountMax: Int
    let fetchBytesPerSecond: Int?
    let memoryByteCountMax: Int
    let threadCount: Int

    static let settings = [
        Setting(
            "name", "NAME", isRequired: true,
            help: "This worker's name, unique in the mesh; routers know it by it.",
            example: "worker-1"),
        Setting(
            "host", "NAME",
            help: "The machine that this worker runs on, the system's name for it unless given: "
                + "copies of an expert prefer different hosts.",
            example: "node-3"),
        Setting(
            "routers", "ADDRESS,…", default: "127.0.0.1:7000",
            help: "The mesh ports of the routers to dial: HOST:PORT or unix:PATH, by commas; of a "
                + "name every address is dialled.",
            example: "router-1:7000,router-2:7000"),
        Setting(
            "model-directory", "PATH",
            help: "An imported model; its experts/ folder holds artifacts, which then need not be "
                + "fetched.",
            example: "/var/lib/expertmesh/models/demo"),
        Setting(
            "artifact-cache", "PATH", isShown: true,
            help: "A folder of this worker's own for artifacts that it fetches from routers; "
                + "without it nothing is fetched. Needed without --model-directory.",
            example: "/tmp/expertmesh-artifacts"),
        Setting(
            "artifact-cache-size", "SIZE", default: "10GiB",
            help: "What the artifact cache may take on the disk; what was not used for longest "
                + "goes first.",
            example: "100GiB"),
        Setting(
            "fetch-rate", "SIZE",
            help: "Bytes per second that fetching artifacts may take; as fast as it goes unless "
                + "given.",
            example: "50MiB"),
        Setting(
            "memory", "SIZE", default: "4GiB",
            help: "Bytes of experts that this worker may hold.", example: "16GiB"),
        Setting(
            "threads", "COUNT", default: "1", help: "Cores to compute with.", example: "4"),
    ]

    init(_ values: SettingValues) throws(SettingError) {
        name = try values.read("name", WorkerName.rule) { WorkerName.isValid($0) ? $0 : nil }
        host = values.optionalString("host") ?? systemHostName()
        modelDirectory = values.optionalString("model-directory")
        artifactCache = values.optionalString("artifact-cache")
        artifactCacheByteCountMax = try values.byteCount("artifact-cache-size")
        fetchBytesPerSecond = try Self.rate(values)
        memoryByteCountMax = try values.byteCount("memory")
        threadCount = try values.integer("threads", in: 1...ComputeThreads.countMax)
        routers = try values.socketAddresses("routers")
        guard modelDirectory != nil || artifactCache != nil else {
            throw values.missing("artifact-cache")
        }
    }

    static func check(_ values: SettingValues) throws(SettingError) {
        try values.checkFolder("model-directory")
        try values.makeFolder("artifact-cache")
    }

    private static func rate(_ values: SettingValues) throws(SettingError) -> Int? {
        guard values.optionalString("fetch-rate") != nil else { return nil }
        let rate = try values.byteCount("fetch-rate")
        guard rate > 0 else { throw values.invalid("fetch-rate", expected: "more than nothing") }
        return rate
    }
}
