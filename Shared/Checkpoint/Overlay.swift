internal import Glibc
internal import JSON

/// A model that adds routed experts to a published base: a manifest with the configuration, the
/// base's name and digest, and the files that hold experts and gates. Its tensors are those of all
/// files.
struct Overlay {
    static let formatVersion = 1
    static let byteCountMax = 16 << 20

    private let path: String
    private let bytes: [UInt8]
    private let name: String
    private let config: JSONValue
    private let base: Part
    private let experts: [Part]

    private struct Part {
        let file: String
        let sha256: ArtifactDigest
    }

    /// Reads the manifest. Throws `unreadable` or `malformed`. Members for people are ignored.
    init(path: String) throws(CheckpointError) {
        let bytes = try smallFile(path, byteCountMax: Self.byteCountMax)
        let json = try JSONValue(parsing: bytes, path: path)
        guard json["formatVersion"]?.integer == Self.formatVersion else {
            let reason = "formatVersion is not \(Self.formatVersion)"
            throw .malformed(path: path, reason: reason)
        }
        guard let name = json["name"]?.string, let config = json["config"], config.object != nil,
            let base = json["base"], let experts = json["experts"]?.array
        else {
            throw .malformed(path: path, reason: "not {name, config, base, experts}")
        }
        // Read again from the model directory; what is wrong with it is to be known now.
        if let refusal = json["refusal"] { _ = try Refusal(refusal, path: path) }
        self.path = path
        self.bytes = bytes
        self.name = name
        self.config = config
        self.base = try Self.part(base, path)
        var parts: [Part] = []
        for expert in experts { parts.append(try Self.part(expert, path)) }
        self.experts = parts
    }

    private static func part(_ json: JSONValue, _ path: String) throws(CheckpointError) -> Part {
        guard let file = json["file"]?.string, let sha256 = json["sha256"]?.string,
            let digest = ArtifactDigest(hexadecimal: sha256),
            file.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
                isPlainFileName(String($0))
            })
        else { throw .malformed(path: path, reason: "a file is not {file, sha256}") }
        return Part(file: file, sha256: digest)
    }

    /// Opens every file and verifies its content. Throws `wrongDigest` besides what a GGUF file
    /// throws.
    func source() throws(CheckpointError) -> ImportSource {
        let baseFile = try open(base, in: [directory(of: path)] + Self.caches)
        var files = [baseFile]
        for expert in experts { files.append(try open(expert, in: [directory(of: path)])) }
        return ImportSource(
            name: name, description: "\(name), experts on \(lastComponent(base.file))",
            tensors: try union(files), order: files.flatMap(\.tensorNames), gguf: baseFile,
            texts: [("config.json", config.indented()), (ModelLayout.overlay, bytes)])
    }

    private func open(
        _ part: Part, in directories: [String]
    ) throws(CheckpointError) -> GGUFFile {
        let candidates = directories.map { $0 + "/" + part.file }
        guard let found = candidates.first(where: exists) else {
            let places = candidates.joined(separator: " nor ")
            throw .unreadable(path: part.file, reason: "neither \(places) exists; fetch it first")
        }
        let file = try MappedFile(path: found)
        let actual = ArtifactDigest(of: file.all)
        guard actual == part.sha256 else {
            throw .wrongDigest(
                path: found, expected: part.sha256.description, actual: actual.description)
        }
        return try GGUFFile(file)
    }

    private func union(_ files: [GGUFFile]) throws(CheckpointError) -> TensorTable {
        var tensors: [String: Tensor] = [:]
        var unsupported: [String: String] = [:]
        for table in files.map(\.table) {
            unsupported.merge(table.unsupported) { old, _ in old }
            for (name, tensor) in table.byName {
                guard tensors.updateValue(tensor, forKey: name) == nil else {
                    throw .malformed(path: path, reason: "tensor \(name) is in two files")
                }
            }
        }
        return try TensorTable(path: path, tensors: Array(tensors.values), unsupported: unsupported)
    }

    /// Where `fetch.py` puts what it fetches: $EXPERTMESH_CACHE, or ~/.cache/expertmesh.
    private static var caches: [String] {
        if let cache = environment("EXPERTMESH_CACHE") { return [cache] }
        return environment("HOME").map { [$0 + "/.cache/expertmesh"] } ?? []
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
