import Checkpoint
import Foundation
import LinearAlgebra
import Model
import Tokenization

/// What transformers computed with a fixture; made by Fixtures/make_fixtures.py.
struct Golden: Decodable {
    struct Prompt: Decodable {
        let ids: [TokenID]
        let logits: [[Float]]  // [positions, vocabulary]
        let layers: [Layer]  // the sparse ones
    }

    struct Layer: Decodable {
        let experts: [[Int]]  // ascending, for each position
        let weights: [[Float]]
    }

    let prompts: [Prompt]
    let greedy: [TokenID]

    /// NAME-Q8_0.json, or NAME/golden.json.
    init(_ name: String) throws {
        let single = Fixture.path(name + ".json")
        let path =
            FileManager.default.fileExists(atPath: single)
            ? single : Fixture.path(name + "/golden.json")
        self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(filePath: path)))
    }
}

enum Fixture {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().path + "/Fixtures/" + name
    }

    /// Imports a fixture, by the name of its directory or GGUF file, and opens the result.
    static func model(_ name: String) throws -> LocalModel {
        let directory = NSTemporaryDirectory() + "expertmesh-model-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try ModelImporter.run(source: path(name), into: directory)
        return try LocalModel(directory: CheckpointDirectory(path: directory))
    }
}
