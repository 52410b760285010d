internal import Checkpoint
internal import FoundationEssentials
internal import JSON

/// Where a local mesh keeps what it is: who runs, where they listen, what they log and store.
struct StateDirectory: Sendable {
    let path: String

    init(path: String) { self.path = path }

    /// - Parameter given: by `--state`; else `$EXPERTMESH_STATE` counts, unless it is empty.
    init(given: String?, environment: [String: String], current: String) {
        let variable = environment["EXPERTMESH_STATE"].flatMap { $0.isEmpty ? nil : $0 }
        let path = given ?? variable ?? Self.standard(environment: environment)
        self.init(path: path.hasPrefix("/") ? path : "\(current)/\(path)")
    }

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

    /// Makes the folders, and changes nothing in those that are there.
    func makeFolders() throws {
        guard path.utf8.count <= Self.pathByteCountMax else {
            throw MeshCtlError.badConfiguration(
                path: path,
                reason: "longer than \(Self.pathByteCountMax) bytes: choose another --state")
        }
        do {
            for folder in ["run", "log", "knowledge"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(folder)", withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw MeshCtlError.badState(path: path)
        }
    }

    /// Forgets what an earlier run left. Only for who holds the lock.
    func clear() throws {
        try forgetMesh()
        let run = "\(path)/run"
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: run) {
                try FileManager.default.removeItem(atPath: "\(run)/\(name)")
            }
        } catch {
            throw MeshCtlError.badState(path: path)
        }
    }

    /// The right to run a mesh here, until the value goes. Throws `alreadyRunning`.
    func lock() throws -> DirectoryLock {
        do {
            return try DirectoryLock(path)
        } catch CheckpointError.inUse {
            let mesh = try lastMesh()
            throw MeshCtlError.alreadyRunning(pid: mesh?.supervisor.pid, url: mesh?.url)
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

    /// The last lines that a service has written to its log, for an error that shows them.
    ///
    /// - Parameter start: where its run begins; what stands before is of earlier ones.
    func endOfLog(of service: String, from start: Int, lineCount: Int = 8) -> [String] {
        let file = URL(filePath: log(of: service))
        guard let log = try? Data(contentsOf: file, options: .mappedIfSafe) else { return [] }
        let end = log.dropFirst(start).suffix(Self.logEndByteCountMax)
        return String(decoding: end, as: UTF8.self)
            .split(separator: "\n").suffix(lineCount).map(String.init)
    }

    /// Eight lines of a log are shorter.
    private static let logEndByteCountMax = 64 << 10
}
