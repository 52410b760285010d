import Checkpoint
import Glibc
import JSON
import Testing

@Suite struct ModelImporterTests {
    static let sources = [
        "olmoe", "mixtral", "qwen3moe", "granitemoeshared", "olmoe.gguf", "olmoe-mixed.gguf",
        "overlay/manifest.json",
    ]

    let directory = TemporaryDirectory()
    var model: String { directory.path + "/model" }

    /// The digests that `make_fixtures.py` computed with its own packing of the same weights.
    func expectedDigests(_ source: String) throws -> [[String]] {
        let path = fixture("digests.json")
        let json = try JSONValue(parsing: contents(path), path: path)
        let layers = json[source]?.array ?? []
        return layers.map { $0.array?.compactMap(\.string) ?? [] }
    }

    @Test(arguments: sources)
    func `experts equal an independent packing of the source, to the bit`(source: String) throws {
        let manifest = try ModelImporter.run(source: fixture(source), into: model)
        #expect(manifest.layers.map { $0.map(\.description) } == (try expectedDigests(source)))
        let opened = try CheckpointDirectory(path: model)
        #expect(opened.manifest == manifest)
        try opened.verifyTrunk()
        for (layer, experts) in manifest.layers.enumerated() {
            for index in experts.indices {
                #expect(try opened.expert(layer: layer, index: index).header.hiddenSize == 32)
            }
        }
    }

    @Test func `the trunk is everything else, verbatim`() throws {
        let source = try SafetensorsFile(path: fixture("mixtral/model.safetensors"))
        try ModelImporter.run(source: fixture("mixtral"), into: model)
        let opened = try CheckpointDirectory(path: model)
        let names = source.tensors.keys.filter { !$0.contains(".experts.") }
        #expect(Set(opened.trunk.tensors.keys) == Set(names))
        for name in names { #expect(try opened.trunk.floats(name) == source.floats(name)) }
        #expect(try opened.text("config.json") == contents(fixture("mixtral/config.json")))
        #expect(try opened.text("tokenizer.json") == nil)
        #expect(opened.gguf == nil)
    }

    @Test func `a GGUF trunk keeps its metadata`() throws {
        try ModelImporter.run(source: fixture("olmoe-mixed.gguf"), into: model)
        let opened = try CheckpointDirectory(path: model)
        #expect(opened.gguf?.metadata["tokenizer.ggml.tokens"]?.strings == ["a", "b"])
        #expect(opened.gguf?.tensorNames.count == 5)
        #expect(opened.manifest.expertStorage == "Q4_1, down Q8_0")
        let down = try opened.expert(layer: 0, index: 0).down.info
        #expect(down.storage == .q8_0)
        #expect(down.shape == [32, 32])
    }

    @Test func `an overlay joins base and experts, and has its own configuration`() throws {
        try ModelImporter.run(source: fixture("overlay/manifest.json"), into: model)
        let opened = try CheckpointDirectory(path: model)
        #expect(opened.trunk.contains("blk.1.ffn_gate.weight"))
        #expect(opened.trunk.contains("blk.1.ffn_gate_inp.weight"))
        #expect(opened.gguf?.metadata["general.architecture"]?.string == "llama")
        let config = try JSONValue(parsing: opened.text("config.json") ?? [], path: "config.json")
        #expect(config["hidden_size"]?.integer == 32)
    }

    @Test func `what an overlay says about refusing is in the model directory`() throws {
        let refusal = #""refusal": {"text": "No.", "firstToken": 7, "firstTokenBias": -0.5}"#
        try ModelImporter.run(source: try overlay(with: refusal), into: model)
        let found = try CheckpointDirectory(path: model).refusal()
        #expect(found?.text == "No.")
        #expect(found?.firstToken == 7)
        #expect(found?.firstTokenBias == -0.5)
        try ModelImporter.run(source: fixture("overlay/manifest.json"), into: model)
        #expect(try CheckpointDirectory(path: model).refusal() == nil)
    }

    @Test(arguments: [
        #"{"text": "No.", "firstToken": -1, "firstTokenBias": 0}"#,
        #"{"text": "No.", "firstToken": 7, "firstTokenBias": 1e9}"#, #"{"text": "No."}"#, "7",
    ])
    func `an overlay that says nonsense about refusing is refused`(member: String) throws {
        let source = try overlay(with: #""refusal": "# + member)
        let error = failure { try ModelImporter.run(source: source, into: model) }
        #expect(error?.contains("refusal is not") == true)
    }

    /// The fixture with one more member in its manifest.
    private func overlay(with member: String) throws -> String {
        for name in ["base.gguf", "experts-0.gguf"] {
            write(try contents(fixture("overlay/" + name)), to: directory.path + "/" + name)
        }
        let text = String(decoding: try contents(fixture("overlay/manifest.json")), as: UTF8.self)
        let path = directory.path + "/manifest.json"
        write(Array(("{" + member + "," + text.dropFirst()).utf8), to: path)
        return path
    }

    @Test func `an overlay whose base has other content is refused`() throws {
        for name in ["manifest.json", "experts-0.gguf"] {
            write(try contents(fixture("overlay/" + name)), to: directory.path + "/" + name)
        }
        let manifest = directory.path + "/manifest.json"
        let importing = { _ = try ModelImporter.run(source: manifest, into: model) }
        #expect(failure { try importing() }?.contains("fetch it first") == true)
        write(try contents(fixture("olmoe.gguf")), to: directory.path + "/base.gguf")
        #expect(failure { try importing() }?.contains("SHA-256") == true)
        #expect(TemporaryDirectory.names(model) == [])
    }

    @Test func `an import that is run again keeps what is there`() throws {
        let first = try ModelImporter.run(source: fixture("olmoe"), into: model)
        let path = "\(model)/experts/\(first.layers[0][0])"
        let number = { (path: String) in
            var status = stat()
            return unsafe stat(path, &status) == 0 ? status.st_ino : 0
        }
        let before = number(path)
        // As after an interruption: no manifest, one expert damaged, one missing.
        #expect(unsafe unlink(model + "/manifest.json") == 0)
        #expect(unsafe unlink("\(model)/experts/\(first.layers[1][0])") == 0)
        write([1, 2, 3], to: "\(model)/experts/\(first.layers[1][1])")
        var finished: [Int] = []
        let second = try ModelImporter.run(source: fixture("olmoe"), into: model) {
            finished.append($0.finishedExpertCount)
        }
        #expect(second == first)
        #expect(number(path) == before)
        #expect(finished == Array(1...6))
        let opened = try CheckpointDirectory(path: model)
        #expect(try opened.expert(layer: 1, index: 1).digest == first.layers[1][1])
    }

    @Test func `another model in the directory is left alone`() throws {
        let held = try ModelImporter.run(source: fixture("olmoe"), into: model)
        let error = failure { try ModelImporter.run(source: fixture("mixtral"), into: model) }
        #expect(error?.contains("holds the model \(held.name), not mixtral") == true)
        let opened = try CheckpointDirectory(path: model)
        #expect(opened.manifest == held)
        try opened.verifyTrunk()
    }

    @Test func `an import of an edited source leaves nothing of what it replaces`() throws {
        let source = directory.path + "/edited"
        #expect(unsafe mkdir(source, 0o755) == 0)
        for from in ["olmoe", "mixtral"] {
            for name in ["model.safetensors", "config.json"] {
                write(try contents(fixture("\(from)/\(name)")), to: "\(source)/\(name)")
            }
            let manifest = try ModelImporter.run(source: source, into: model)
            #expect(
                Set(TemporaryDirectory.names(model + "/experts"))
                    == Set(manifest.layers.joined().map(\.description)))
        }
        write([0], to: model + "/trunk.gguf")
        write([0], to: model + "/manifest.json")
        try ModelImporter.run(source: source, into: model)
        #expect(!TemporaryDirectory.names(model).contains("trunk.gguf"))
    }

    @Test func `a damaged trunk is noticed`() throws {
        let manifest = try ModelImporter.run(source: fixture("olmoe"), into: model)
        let path = model + "/" + manifest.trunk[0].file
        var bytes = try contents(path)
        bytes[bytes.count - 1] ^= 1
        write(bytes, to: path)
        let opened = try CheckpointDirectory(path: model)
        #expect(failure { try opened.verifyTrunk() }?.contains("SHA-256") == true)
        write(Array(bytes.dropLast()), to: path)
        #expect(
            failure { _ = try CheckpointDirectory(path: model) }?.contains("bytes instead of")
                == true)
    }

    @Test func `what cannot be imported is refused by name`() throws {
        let experts = try SafetensorsFile(path: fixture("olmoe/model.safetensors"))
        let source = directory.path + "/source"
        #expect(unsafe mkdir(source, 0o755) == 0)
        let importing = {
            failure { try ModelImporter.run(source: source, into: model) } ?? "accepted"
        }
        #expect(importing().contains("no model.safetensors"))

        let missing = "model.layers.1.mlp.experts.2.up_proj.weight"
        let rest = experts.table.byName.values.filter { $0.info.name != missing }
        try SafetensorsWriter.write(Array(rest), to: source + "/model.safetensors")
        #expect(importing().contains("no config.json"))
        write(Array(#"{"hidden_act": "gelu"}"#.utf8), to: source + "/config.json")
        #expect(importing().contains("activation gelu"))
        write(Array(#"{"hidden_act": "silu"}"#.utf8), to: source + "/config.json")
        #expect(importing().contains("layer 1 disagree on the number of experts"))
        #expect(importing().contains(source))
    }
}
