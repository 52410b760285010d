internal import HTTP
internal import Logging

/// The settings that every service has.
struct CommonSettings: Sendable {
    enum LogFormat: String, CaseIterable { case text, json }

    let adminAddress: ListenAddress
    let logLevel: Logger.Level
    let logFormat: LogFormat
    let drainGrace: Duration
    let readyFile: String?

    static func table(adminAddress: String) -> [Setting] {
        [
            Setting(
                "admin-address", "HOST:PORT", default: adminAddress,
                help: "Where /healthz, /readyz and /metrics answer.", example: "127.0.0.1:9090"),
            Setting(
                "log-level", "LEVEL", default: "info",
                help: "trace, debug, info, notice, warning, error or critical.", example: "debug"),
            Setting(
                "log-format", "FORMAT", default: "text",
                help: "text for people, json for collectors; both go to stderr.", example: "json"),
            Setting(
                "drain-grace", "TIME", default: "20s",
                help: "How long requests in flight may take to finish after SIGTERM.", example: "5s"
            ),
            Setting(
                "ready-file", "PATH",
                help:
                    "Written, whole, once every address is bound: {pid, adminAddress, addresses}.",
                example: "/run/expertmesh/router.json"),
        ]
    }

    init(_ values: SettingValues) throws(SettingError) {
        adminAddress = try values.address("admin-address")
        logLevel = try values.choice("log-level")
        logFormat = try values.choice("log-format")
        drainGrace = try values.duration("drain-grace")
        readyFile = values.optionalString("ready-file")
    }
}
