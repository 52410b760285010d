internal import FoundationEssentials
internal import JSON

/// Where a local mesh keeps what it is: who runs, where they listen, what they log and store.
struct StateDirectory: Sendable {
    let path: String

    /// A Unix socket's path has at most 107 bytes (unix(7)); the longest of ours adds this many.
    static let pathByteCountMax = 107 - "/run/knowledge-store.sock".utf8.count

    /// `$XDG_STATE_HOME/expertmesh`, else `~/.local/state/expertmesh`.
    static func standard(environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return "\(state)/expertmesh"
        }
        return "\(environment["HOME"] ?? "/root")/.local/state/expertmesh"
    }

    /// Who is running, as `up` has written it.
    var record: String { "\(path)/mesh.json" }
    /// The documents' database.
    var knowledge: String { "\(path)/knowledge" }
    /// Experts that a worker has fetched; can be lost.
    func cache(of worker: String) -> String { "\(path)/cache/\(worker)" }
    func log(of service: String) -> String { "\(path)/log/\(service).log" }
    func readyFile(of service: String) -> String { "\(path)/run/\(service).ready" }
    func socket(of service: String) -> String { "unix:\(path)/run/\(service).sock" }

    /// Makes the folders and forgets what an earlier run left.
    func prepare() throws {
        guard path.utf8.count <= Self.pathByteCountMax else {
            throw MeshCtlError.badConfiguration(
                path: path,
                reason: "longer than \(Self.pathByteCountMax) bytes: choose another --state")
        }
        try forgetMesh()
        let files = FileManager.default
        if files.fileExists(atPath: "\(path)/run") { try files.removeItem(atPath: "\(path)/run") }
        for folder in ["run", "log", "knowledge"] {
            try files.createDirectory(
                atPath: "\(path)/\(folder)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
    }

    /// The mesh that was last started here, running or not.
    func lastMesh() throws -> MeshRecord? {
        guard let text = try? String(contentsOfFile: record, encoding: .utf8) else { return nil }
        do {
            return try MeshRecord(json: JSONValue(parsing: text))
        } catch {
            throw MeshCtlError.unreadable(path: record, reason: "\(error)")
        }
    }

    /// The mesh that runs here.
    func runningMesh() throws -> MeshRecord {
        guard let mesh = try lastMesh(), mesh.isRunning else {
            throw MeshCtlError.noMesh(state: path)
        }
        return mesh
    }

    /// Replaces the record in one step, so that no reader sees half of it.
    func save(_ mesh: MeshRecord) throws {
        try Data(mesh.json.encoded()).write(to: URL(filePath: record), options: .atomic)
    }

    func forgetMesh() throws {
        if FileManager.default.fileExists(atPath: record) {
            try FileManager.default.removeItem(atPath: record)
        }
    }

    /// The last lines of a service's log, for an error that shows them.
    func endOfLog(of service: String, lineCount: Int = 8) -> [String] {
        let text = (try? String(contentsOfFile: log(of: service), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(lineCount).map(String.init)
    }
}
