/// A model directory, opened: manifest, trunk tensors, and experts by layer and index.
///
/// Knows the files, not what they mean: configuration and tokenizer are bytes here.
public struct CheckpointDirectory: Sendable {
    /// `config.json`, `tokenizer.json` and the like; the largest published tokenizer has 35 MB.
    public static let textByteCountMax = 256 << 20

    /// The directory.
    public let path: String
    /// What the directory holds.
    public let manifest: Manifest
    /// The experts.
    public let artifacts: ArtifactStore
    /// The trunk's tensors, named as in the source.
    public let trunk: any TensorSource
    /// The trunk as a GGUF file, with its metadata; nil when the trunk is a safetensors file.
    public let gguf: GGUFFile?

    /// Opens the manifest and maps the trunk, whose files must have the listed lengths; contents
    /// are verified by `verifyTrunk`, artifacts when they are opened. Throws `unreadable`,
    /// `malformed`, `wrongByteCount`.
    public init(path: String) throws(CheckpointError) {
        self.path = path
        manifest = try Manifest(path: path + "/" + Manifest.fileName)
        artifacts = ArtifactStore(path: path + "/" + ModelLayout.expertDirectory)
        var gguf: GGUFFile?
        var trunk: (any TensorSource)?
        for record in manifest.trunk {
            let file = try Self.map(record, in: path)
            if record.file == ModelLayout.ggufTrunk {
                gguf = try GGUFFile(file)
                trunk = gguf
            } else if record.file == ModelLayout.safetensorsTrunk {
                trunk = try SafetensorsFile(file)
            }
        }
        guard let trunk else {
            throw .malformed(path: path, reason: "the manifest lists no trunk tensors")
        }
        self.trunk = trunk
        self.gguf = gguf
    }

    /// The content of a small trunk file such as `config.json`; nil when the manifest does not list
    /// it. Throws `unreadable`, `wrongByteCount`, `wrongDigest`.
    public func text(_ name: String) throws(CheckpointError) -> [UInt8]? {
        guard let record = manifest.trunk.first(where: { $0.file == name }) else { return nil }
        guard record.byteCount <= Self.textByteCountMax else {
            throw .malformed(path: "\(path)/\(name)", reason: "too large for a text file")
        }
        let file = try Self.map(record, in: path)
        try Self.verify(file, record)
        return file.bytes(in: 0..<file.byteCount)
    }

    /// The content of a small file of any directory, unverified; nil when it is not there.
    /// Throws `unreadable` or `malformed`.
    public static func text(
        _ name: String, in path: String
    ) throws(CheckpointError) -> [UInt8]? {
        let file = path + "/" + name
        return exists(file) ? try smallFile(file, byteCountMax: textByteCountMax) : nil
    }

    /// Reads every trunk file and compares its SHA-256. Throws `wrongDigest`, `wrongByteCount`,
    /// `unreadable`.
    public func verifyTrunk() throws(CheckpointError) {
        for record in manifest.trunk {
            try Self.verify(try Self.map(record, in: path), record)
        }
    }

    /// The expert of a layer, its content verified. Indices must be the manifest's.
    public func expert(layer: Int, index: Int) throws(CheckpointError) -> Artifact {
        try artifacts.open(manifest.layers[layer][index])
    }

    private static func map(
        _ record: FileRecord, in path: String
    ) throws(CheckpointError) -> MappedFile {
        let file = try MappedFile(path: path + "/" + record.file)
        guard file.byteCount == record.byteCount else {
            throw .wrongByteCount(
                path: file.path, expected: record.byteCount, actual: file.byteCount)
        }
        return file
    }

    private static func verify(_ file: MappedFile, _ record: FileRecord) throws(CheckpointError) {
        let actual = ArtifactDigest(of: file.all)
        guard actual == record.sha256 else {
            throw .wrongDigest(
                path: file.path, expected: record.sha256.description, actual: actual.description)
        }
    }
}

/// Names in a model directory.
enum ModelLayout {
    static let ggufTrunk = "trunk.gguf"
    static let safetensorsTrunk = "trunk.safetensors"
    static let expertDirectory = "experts"
    /// The manifest of the overlay that was imported, with all its members, verbatim.
    static let overlay = "overlay.json"
}
