internal import LinearAlgebra
internal import ServiceKit
internal import Transport

/// Everything an operator can change about a knowledge-store.
struct KnowledgeStoreConfiguration: ServiceConfiguration {
    let listen: SocketAddress
    let databasePath: String
    let encoderDirectory: String
    let threadCount: Int
    let isReembedding: Bool

    static let settings = [
        Setting(
            "listen", "ADDRESS", default: "127.0.0.1:7100",
            help: "Where routers dial: HOST:PORT or unix:PATH.",
            example: "unix:/run/expertmesh/knowledge.sock"),
        Setting(
            "database", "PATH", isRequired: true,
            help: "The SQLite file that holds everything; made when it is absent.",
            example: "/var/lib/expertmesh/knowledge.sqlite"),
        Setting(
            "encoder", "PATH", isRequired: true,
            help: "Folder of the sentence encoder: model.safetensors, config.json, tokenizer.json.",
            example: "/var/lib/expertmesh/all-minilm-l6-v2"),
        Setting(
            "threads", "COUNT", default: "1", help: "Cores to embed and to search with.",
            example: "4"),
        Setting(
            "reembed", "BOOLEAN", default: "false",
            help:
                "Embed every document anew when the encoder is not the one that made the vectors.",
            example: "true"),
    ]

    init(_ values: SettingValues) throws(SettingError) {
        databasePath = try values.string("database")
        encoderDirectory = try values.string("encoder")
        threadCount = try values.integer("threads", in: 1...ComputeThreads.countMax)
        isReembedding = try values.boolean("reembed")
        listen = try values.socketAddress("listen")
    }

    static func check(_ values: SettingValues) throws(SettingError) {
        try values.checkFile("database")
        try values.checkFolder("encoder")
    }
}
