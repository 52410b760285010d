internal import JSON

/// What a model directory holds: `manifest.json`, written last, so that a directory with one is
/// complete.
public struct Manifest: Sendable, Equatable {
    /// Of the JSON; a directory with another is refused.
    public static let formatVersion = 1
    /// Its name in the model directory.
    public static let fileName = "manifest.json"
    /// 1,024 layers of 1,024 experts take 70 MB.
    public static let byteCountMax = 128 << 20
    /// The deepest published models have about 130 layers.
    public static let layerCountMax = 4096
    /// Of one layer; published models have up to 512.
    public static let expertCountMax = 65_536

    /// What the model is called.
    public let name: String
    /// Where the model was imported from, in words.
    public let source: String
    /// Everything but the experts.
    public let trunk: [FileRecord]
    /// The storage of the experts' matrices, for people; artifacts say their own.
    public let expertStorage: String
    /// Layer × expert; an empty list for a layer without experts.
    public let layers: [[ArtifactDigest]]

    /// A manifest of what has been written.
    public init(
        name: String, source: String, trunk: [FileRecord], expertStorage: String,
        layers: [[ArtifactDigest]]
    ) {
        self.name = name
        self.source = source
        self.trunk = trunk
        self.expertStorage = expertStorage
        self.layers = layers
    }

    /// Reads and validates JSON: every member known and of its type. Throws `malformed`; `path` is
    /// for the error.
    public init(parsing bytes: [UInt8], path: String) throws(CheckpointError) {
        guard bytes.count <= Self.byteCountMax else {
            throw .malformed(path: path, reason: "more than \(Self.byteCountMax) bytes")
        }
        let json = try JSONValue(parsing: bytes, path: path)
        self = try ManifestReader(path: path).manifest(json)
    }

    /// Opens `manifest.json` at `path`. Throws `unreadable` or `malformed`.
    public init(path: String) throws(CheckpointError) {
        let bytes = try smallFile(path, byteCountMax: Self.byteCountMax)
        try self.init(parsing: bytes, path: path)
    }

    /// Names the content, wherever it was imported from: the digest of the digests of the trunk's
    /// files and of the experts, layer by layer.
    public var identity: ArtifactDigest {
        let files = trunk.map { "\($0.file) \($0.sha256)" }
        let experts = layers.map { $0.map(\.description).joined(separator: " ") }
        return ArtifactDigest(of: Array((files + experts).joined(separator: "\n").utf8))
    }

    /// Equal manifests give equal bytes.
    public func encoded() -> [UInt8] {
        let files = trunk.map { record in
            [
                "file": .string(record.file), "sha256": .string(record.sha256.description),
                "byteCount": .integer(record.byteCount),
            ] as JSONValue
        }
        let layers = layers.map { experts in
            JSONValue.array(experts.map { .string($0.description) })
        }
        let content: JSONValue = [
            "formatVersion": .integer(Self.formatVersion), "name": .string(name),
            "source": .string(source), "trunk": .array(files),
            "expertStorage": .string(expertStorage), "layers": .array(layers),
        ]
        return content.indented()
    }
}

private struct ManifestReader {
    let path: String

    func manifest(_ json: JSONValue) throws(CheckpointError) -> Manifest {
        // The version comes first: a later format may have other members.
        guard let version = json["formatVersion"]?.integer else {
            throw malformed("formatVersion is missing")
        }
        guard version == Manifest.formatVersion else {
            throw malformed("formatVersion \(version); supported is \(Manifest.formatVersion)")
        }
        let names: Set = ["formatVersion", "name", "source", "trunk", "expertStorage", "layers"]
        for name in (json.object?.members ?? []).map(\.name) where !names.contains(name) {
            throw malformed("unknown member \(name)")
        }
        return Manifest(
            name: try string("name", of: json), source: try string("source", of: json),
            trunk: try trunk(json), expertStorage: try string("expertStorage", of: json),
            layers: try layers(json))
    }

    private func trunk(_ json: JSONValue) throws(CheckpointError) -> [FileRecord] {
        var files: [FileRecord] = []
        for entry in try array("trunk", of: json) {
            let file = try string("file", of: entry)
            guard isPlainFileName(file), !files.contains(where: { $0.file == file }) else {
                throw malformed("trunk file \"\(file)\" is not a plain name, or stands twice")
            }
            guard let count = entry["byteCount"]?.integer, count >= 0,
                entry.object?.members.count == 3
            else {
                throw malformed("trunk file \(file) is not {file, sha256, byteCount}")
            }
            let digest = try digest(entry["sha256"], "sha256 of trunk file \(file)")
            files.append(FileRecord(file: file, sha256: digest, byteCount: count))
        }
        return files
    }

    private func layers(_ json: JSONValue) throws(CheckpointError) -> [[ArtifactDigest]] {
        let rows = try array("layers", of: json)
        guard rows.count <= Manifest.layerCountMax else {
            throw malformed("\(rows.count) layers; at most \(Manifest.layerCountMax)")
        }
        var layers: [[ArtifactDigest]] = []
        for (layer, row) in rows.enumerated() {
            guard let experts = row.array, experts.count <= Manifest.expertCountMax else {
                throw malformed("layer \(layer) is not a list of experts")
            }
            var digests: [ArtifactDigest] = []
            for (expert, json) in experts.enumerated() {
                digests.append(try digest(json, "layer \(layer), expert \(expert)"))
            }
            layers.append(digests)
        }
        return layers
    }

    private func digest(
        _ json: JSONValue?, _ what: String
    ) throws(CheckpointError) -> ArtifactDigest {
        guard let text = json?.string, let digest = ArtifactDigest(hexadecimal: text) else {
            throw malformed("\(what) is not 64 lower-case hexadecimal digits")
        }
        return digest
    }

    private func string(_ name: String, of json: JSONValue) throws(CheckpointError) -> String {
        guard let text = json[name]?.string else { throw malformed("\(name) is not a string") }
        return text
    }

    private func array(_ name: String, of json: JSONValue) throws(CheckpointError) -> [JSONValue] {
        guard let values = json[name]?.array else { throw malformed("\(name) is not a list") }
        return values
    }

    private func malformed(_ reason: String) -> CheckpointError {
        .malformed(path: path, reason: reason)
    }
}
