internal import FoundationEssentials
internal import HTTP
internal import JSON

/// What `meshctl up` starts: the content of `compose/mesh.json`, checked.
struct MeshConfiguration: Equatable {
    /// What a model directory is imported from when it does not exist yet.
    let modelSource: String
    let modelDirectory: String
    /// The sentence encoder's directory.
    let encoderDirectory: String
    /// Where clients connect, `host:port`.
    var listen: String
    var workerCount: Int

    /// One machine has few cores; more workers than this are a slip of the pen.
    static let workerCountMax = 64
    static let workerCounts = 1...workerCountMax

    init(path: String, environment: [String: String]) throws {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw MeshCtlError.unreadable(path: path, reason: "no such file, or not UTF-8")
        }
        let folder =
            path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        try self.init(
            json: text, path: path, paths: PathExpansion(folder: folder, environment: environment))
    }

    init(json text: String, path: String, paths: PathExpansion) throws {
        let fields = try Fields(text: text, path: path)
        modelSource = paths.expand(try fields.string("model", "source"))
        modelDirectory = paths.expand(try fields.string("model", "directory"))
        encoderDirectory = paths.expand(try fields.string("encoder"))
        listen = try fields.string("listen")
        guard ListenAddress(listen) != nil else {
            throw MeshCtlError.badConfiguration(
                path: path, reason: "“listen” must be HOST:PORT, such as 127.0.0.1:8080")
        }
        workerCount = try fields.integer("workers", in: Self.workerCounts)
        try fields.refuseOthers(than: ["model", "encoder", "listen", "workers"])
    }

    /// Nothing fetches it by itself.
    func checkEncoder() throws {
        guard FileManager.default.fileExists(atPath: encoderDirectory) else {
            throw MeshCtlError.missingEncoder(path: encoderDirectory)
        }
    }
}

/// Paths of a configuration: `~`, `$EXPERTMESH_CACHE`, and relative ones from the file's folder.
struct PathExpansion {
    let folder: String
    let environment: [String: String]

    func expand(_ path: String) -> String {
        let home = environment["HOME"] ?? "/root"
        let given = environment["EXPERTMESH_CACHE"] ?? ""
        let cache = given.isEmpty ? "\(home)/.cache/expertmesh" : given
        if path.hasPrefix("$EXPERTMESH_CACHE") {
            return cache + path.dropFirst("$EXPERTMESH_CACHE".count)
        }
        if path.hasPrefix("~/") { return home + path.dropFirst(1) }
        return path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }
}

/// The members of a configuration file, with errors that name them.
private struct Fields {
    private let root: JSONValue
    private let path: String

    init(text: String, path: String) throws {
        self.path = path
        do {
            root = try JSONValue(parsing: text)
        } catch {
            throw MeshCtlError.badConfiguration(path: path, reason: "not JSON: \(error)")
        }
    }

    func string(_ names: String...) throws -> String {
        guard let text = member(names)?.string, !text.isEmpty else {
            throw failure("“\(names.joined(separator: "."))” must be a string")
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = member([name])?.integer, range.contains(value) else {
            throw failure(
                "“\(name)” must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A misspelt name would otherwise be a setting that does nothing.
    func refuseOthers(than known: Set<String>) throws {
        for member in root.object?.members ?? [] where !known.contains(member.name) {
            throw failure("there is no setting “\(member.name)”")
        }
    }

    private func member(_ names: [String]) -> JSONValue? {
        names.reduce(root as JSONValue?) { value, name in value?[name] }
    }

    private func failure(_ reason: String) -> MeshCtlError {
        .badConfiguration(path: path, reason: reason)
    }
}
