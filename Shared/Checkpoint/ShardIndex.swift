internal import JSON

/// `model.safetensors.index.json`: which of several files holds which tensor.
struct ShardIndex {
    /// As for one file's header: the same names, each with a file's name.
    static let byteCountMax = SafetensorsFile.headerByteCountMax
    /// The largest published checkpoints have fewer than 200 files; each costs a mapping.
    static let fileCountMax = 4096

    private let path: String
    private let files: [String: [String]]  // file → its tensors

    init(path: String) throws(CheckpointError) {
        self.path = path
        let json = try JSONValue(
            parsing: smallFile(path, byteCountMax: Self.byteCountMax), path: path)
        guard let map = json["weight_map"]?.object else {
            throw .malformed(path: path, reason: "weight_map is missing")
        }
        var files: [String: [String]] = [:]
        for member in map.members {
            guard let file = member.value.string, isPlainFileName(file) else {
                let reason = "the file of tensor \(member.name) is not a name"
                throw .malformed(path: path, reason: reason)
            }
            files[file, default: []].append(member.name)
        }
        guard files.count <= Self.fileCountMax else {
            throw .malformed(path: path, reason: "more than \(Self.fileCountMax) files")
        }
        self.files = files
    }

    /// Opens every file. A tensor that the index names and its file lacks is an error.
    func open() throws(CheckpointError) -> SafetensorsFile {
        var tensors: [Tensor] = []
        var unsupported: [String: String] = [:]
        var metadata: [String: String] = [:]
        for (name, members) in files {
            let file = try SafetensorsFile(path: sibling(name, of: path))
            metadata.merge(file.metadata) { old, _ in old }
            for member in members {
                if let type = file.table.unsupported[member] {
                    unsupported[member] = type
                } else {
                    tensors.append(try file.tensor(member))
                }
            }
        }
        let table = try TensorTable(path: path, tensors: tensors, unsupported: unsupported)
        return SafetensorsFile(table: table, metadata: metadata)
    }
}
