internal import Glibc
internal import JSON

/// A checkpoint to import: its tensors, the files that go with them, and what to call it.
struct ImportSource {
    let name: String
    let description: String
    let tensors: TensorTable
    /// Every tensor's name, in the order in which the trunk is written.
    let order: [String]
    /// Whose metadata the trunk gets; nil for a trunk in safetensors.
    let gguf: GGUFFile?
    /// `config.json` and the like.
    let texts: [(name: String, bytes: [UInt8])]

    /// A directory is a Hugging Face checkpoint, a `.json` file an overlay, anything else GGUF.
    init(path: String) throws(CheckpointError) {
        if path.hasSuffix(".json") {
            self = try Overlay(path: path).source()
        } else if isDirectory(path) {
            try self.init(huggingFace: path)
        } else {
            try self.init(gguf: path)
        }
    }

    init(
        name: String, description: String, tensors: TensorTable, order: [String], gguf: GGUFFile?,
        texts: [(name: String, bytes: [UInt8])]
    ) {
        self.name = name
        self.description = description
        self.tensors = tensors
        self.order = order
        self.gguf = gguf
        self.texts = texts
    }

    private init(gguf path: String) throws(CheckpointError) {
        let file = try GGUFFile(path: path)
        guard file.metadata["split.count"]?.integer ?? 1 <= 1 else {
            let reason = "it is one of several parts; merge them first (llama-gguf-split --merge)"
            throw .unsupportedModel(path: path, reason: reason)
        }
        let fileName = lastComponent(path)
        self.init(
            name: fileName.hasSuffix(".gguf") ? String(fileName.dropLast(5)) : fileName,
            description: "GGUF file \(fileName)", tensors: file.table, order: file.tensorNames,
            gguf: file, texts: [])
    }

    private init(huggingFace path: String) throws(CheckpointError) {
        let names = ["model.safetensors.index.json", "model.safetensors"]
        guard let weights = names.first(where: { exists(path + "/" + $0) }) else {
            let reason = "no model.safetensors, and no model.safetensors.index.json"
            throw .unsupportedModel(path: path, reason: reason)
        }
        let file = try SafetensorsFile(path: path + "/" + weights)
        let texts = try Self.texts(in: path)
        try Self.checkActivation(texts, path)
        self.init(
            name: lastComponent(path), description: "Hugging Face directory \(lastComponent(path))",
            tensors: file.table, order: file.tensors.keys.sorted(), gguf: nil, texts: texts)
    }

    private static func texts(
        in path: String
    ) throws(CheckpointError) -> [(name: String, bytes: [UInt8])] {
        guard exists(path + "/config.json") else {
            throw .unsupportedModel(path: path, reason: "no config.json")
        }
        let names = [
            "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
            "special_tokens_map.json", "chat_template.jinja",
        ]
        var texts: [(name: String, bytes: [UInt8])] = []
        for name in names {
            guard let bytes = try CheckpointDirectory.text(name, in: path) else { continue }
            texts.append((name, bytes))
        }
        return texts
    }

    /// Artifacts say that an expert is a SwiGLU, so it had better be one.
    private static func checkActivation(
        _ texts: [(name: String, bytes: [UInt8])], _ path: String
    ) throws(CheckpointError) {
        let config = try JSONValue(parsing: texts[0].bytes, path: path + "/config.json")
        let activation = config["hidden_act"]?.string ?? "silu"
        guard activation == "silu" || activation == "swish" else {
            let reason = "experts with activation \(activation); supported is silu"
            throw .unsupportedModel(path: path, reason: reason)
        }
    }
}

func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Removes a file if it is there. Throws `unwritable`.
func remove(_ path: String) throws(CheckpointError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
        throw .unwritable(path: path, reason: systemError())
    }
}

/// The file's or directory's own name.
func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
