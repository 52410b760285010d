import Checkpoint
import Foundation
import LinearAlgebra
import Model
import Testing
import Tokenization

/// The model that ships, against transformers in float32 on the same weights. Golden values are
/// made by Shared/DemoModel/reference.py; EXPERTMESH_DEMO may name another folder with
/// `manifest.json` and `demo-golden.json`.
@Suite(
    .enabled(if: DemoFiles.arePresent, "the demo model is not here: fetch.py gets its base"),
    .serialized)
struct DemoModelTests {
    struct Prompt: Decodable {
        struct Layer: Decodable {
            let experts: [Int]  // heaviest first
            let weights: [Float]
        }

        let ids: [TokenID]
        let topTokens: [Int]
        let topLogits: [Float]
        let layers: [Layer]  // of the last position
        let greedy: [TokenID]
    }

    /// Logits between -10 and 40 after 30 layers of float32 sums in another order.
    /// Weights are probabilities.
    private static let logitTolerance: Float = 1e-3
    private static let weightTolerance: Float = 1e-4

    @Test func `logits, experts and greedy tokens of 20 prompts are those of transformers`() throws
    {
        let prompts = try DemoFiles.prompts()
        let model = try DemoFiles.model()
        #expect(prompts.count == 20)
        let caches = prompts.map { _ in model.cache(positionCountMax: 512) }
        var logits = Matrix(zeros: 0, model.decoder.configuration.vocabularySize)
        for (prompt, cache) in zip(prompts, caches) {
            let step = model.run(StepBatch(sequences: [(cache, prompt.ids)]))
            logits.append(model.decoder.logits(step.hidden.rows(at: [prompt.ids.count - 1])))
            compare(step.routings.map { $0[prompt.ids.count - 1] }, prompt.layers)
        }
        for (row, prompt) in prompts.enumerated() {
            let differences = zip(prompt.topTokens, prompt.topLogits).map {
                abs(logits[row, $0] - $1)
            }
            #expect(differences.max() ?? .infinity < Self.logitTolerance)
        }
        #expect(decode(model, caches, from: logits, count: 32) == prompts.map(\.greedy))
    }

    private func compare(_ routings: [Routing], _ layers: [Prompt.Layer]) {
        #expect(routings.map { $0.choices.map(\.expert) } == layers.map(\.experts))
        let weights = routings.flatMap { $0.choices.map(\.weight) }
        let differences = zip(weights, layers.flatMap(\.weights)).map { abs($0 - $1) }
        #expect(differences.max() ?? .infinity < Self.weightTolerance)
    }

    /// All sequences together, a token each at a time.
    private func decode(
        _ model: LocalModel, _ caches: [KVCache], from first: Matrix, count: Int
    ) -> [[TokenID]] {
        var tokens = caches.map { _ in [TokenID]() }
        var logits = first
        for position in 0..<count {
            for row in tokens.indices {
                // A vocabulary is never empty.
                tokens[row].append(TokenID(logits.row(row).indexOfLargest!))
            }
            guard position + 1 < count else { break }
            let batch = StepBatch(sequences: zip(caches, tokens).map { ($0, [$1[position]]) })
            logits = model.decoder.logits(model.run(batch).hidden)
        }
        return tokens
    }
}

enum DemoFiles {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path()
    private static let environment = ProcessInfo.processInfo.environment

    private static var manifest: String {
        environment["EXPERTMESH_DEMO"].map { $0 + "/manifest.json" }
            ?? root + "Shared/DemoModel/weights/manifest.json"
    }

    private static var golden: String {
        environment["EXPERTMESH_DEMO"].map { $0 + "/demo-golden.json" }
            ?? Fixture.path("demo-golden.json")
    }

    private static var base: String {
        let cache =
            environment["EXPERTMESH_CACHE"] ?? (environment["HOME"] ?? "") + "/.cache/expertmesh"
        return cache + "/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
    }

    static var arePresent: Bool {
        [manifest, golden, base].allSatisfy(FileManager.default.fileExists)
    }

    static func prompts() throws -> [DemoModelTests.Prompt] {
        let data = try Data(contentsOf: URL(filePath: golden))
        return try JSONDecoder().decode([DemoModelTests.Prompt].self, from: data)
    }

    static func model() throws -> LocalModel {
        let directory = NSTemporaryDirectory() + "expertmesh-demo-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try ModelImporter.run(source: manifest, into: directory)
        return try LocalModel(directory: CheckpointDirectory(path: directory))
    }
}
