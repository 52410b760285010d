import Checkpoint
import Foundation
import Model
import Testing

/// A configuration is hostile input: what cannot be computed is refused by name, never computed
/// wrongly.
struct ModelErrorTests {
    struct Edit: Sendable, CustomTestStringConvertible {
        let fixture: String
        let key: String
        let json: String
        let message: String

        init(_ fixture: String, _ key: String, _ json: String, _ message: String) {
            (self.fixture, self.key, self.json, self.message) = (fixture, key, json, message)
        }

        var testDescription: String { "\(key): \(json)" }
    }

    static let edits = [
        Edit("llama", "model_type", "\"gpt2\"", "unsupported model_type gpt2"),
        Edit(
            "llama", "rope_parameters", "{\"rope_type\":\"yarn\",\"factor\":4}",
            "unsupported rope_scaling yarn"),
        Edit("llama", "rope_parameters", "3", "rope_parameters in"),
        Edit("llama", "mlp_bias", "true", "unsupported mlp_bias"),
        Edit("llama", "quantization_config", "{}", "unsupported quantization_config"),
        Edit("llama", "partial_rotary_factor", "0.5", "unsupported partial_rotary_factor"),
        Edit("llama", "hidden_size", "null", "does not say hidden_size"),
        Edit("llama", "hidden_size", "\"32\"", "hidden_size in"),
        Edit("llama", "hidden_size", "-32", "not a whole number from 1"),
        Edit("llama", "hidden_size", "9223372036854775807", "not a whole number from 1"),
        Edit("llama", "hidden_size", "64", "has shape"),
        Edit("llama", "num_hidden_layers", "1000000000", "num_hidden_layers in"),
        Edit("llama", "num_hidden_layers", "3", "has no tensor model.layers.2"),
        Edit("mixtral", "num_attention_heads", "1000", "head_dim in"),
        Edit("llama", "num_key_value_heads", "3", "not a divisor of num_attention_heads"),
        Edit("llama", "num_key_value_heads", "0", "num_key_value_heads in"),
        Edit("llama", "rms_norm_eps", "1e400", "malformed"),
        Edit("llama", "vocab_size", "95", "has shape"),
        Edit(
            "llama", "attention_bias", "true",
            "has no tensor model.layers.0.self_attn.q_proj.bias"),
        Edit("qwen3moe", "num_experts_per_tok", "9", "num_experts_per_tok in"),
        Edit("qwen3moe", "num_local_experts", "7", "has shape"),
        Edit("qwen3moe", "mlp_only_layers", "[\"x\"]", "mlp_only_layers in"),
        Edit("granitemoeshared", "shared_intermediate_size", "48", "has shape"),
        Edit("granitemoeshared", "logits_scaling", "0", "logits_scaling in"),
    ]

    @Test(arguments: edits) func `what a configuration cannot mean is refused`(edit: Edit) throws {
        let folder = NSTemporaryDirectory() + "expertmesh-hostile-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let source = folder + "/source"
        try FileManager.default.copyItem(atPath: Fixture.path(edit.fixture), toPath: source)
        try apply(edit, to: source + "/config.json")
        let error = #expect(throws: (any Error).self) {
            try ModelImporter.run(source: source, into: folder + "/model")
            _ = try Decoder(directory: CheckpointDirectory(path: folder + "/model"))
        }
        #expect("\(error!)".contains(edit.message), "\(error!)")
    }

    /// Through a placeholder, so that the value may be what no Swift value encodes to.
    private func apply(_ edit: Edit, to path: String) throws {
        let file = URL(filePath: path)
        var json = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        json[edit.key] = "PLACEHOLDER"
        let text = String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
        let edited = text.replacingOccurrences(of: "\"PLACEHOLDER\"", with: edit.json)
        try edited.write(to: file, atomically: true, encoding: .utf8)
    }

    @Test func `a sparse model with experts missing from its manifest is refused`() throws {
        let folder = NSTemporaryDirectory() + "expertmesh-hostile-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let manifest = try ModelImporter.run(source: Fixture.path("granitemoe"), into: folder)
        let shorter = Manifest(
            name: manifest.name, source: manifest.source, trunk: manifest.trunk,
            expertStorage: manifest.expertStorage, layers: [manifest.layers[0]])
        try Data(shorter.encoded()).write(to: URL(filePath: folder + "/manifest.json"))
        #expect(throws: ModelError.self) { try LoadedModel(path: folder) }
    }
}
