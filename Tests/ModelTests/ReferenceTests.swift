import LinearAlgebra
import Model
import Testing
import Tokenization

/// Against transformers, in float32 on the same weights. Logits of these models lie between -30 and
/// 30; transformers itself differs by up to 2e-5 between its own kernels.
struct ReferenceTests {
    static let tolerance: Float = 1e-4

    static let families = [
        "llama", "llama-bias-llama3", "olmoe", "olmoe-norm-clip", "mixtral", "mixtral-swa-hd",
        "qwen2moe",
        "qwen2moe-dense1", "qwen3moe", "granitemoe", "granitemoeshared",
    ]

    /// A fixture and the golden values that it must give: GGUF files hold the same model, or its
    /// rounding.
    static let fixtures =
        families.map { ($0, $0) } + [
            ("llama-F32.gguf", "llama"), ("mixtral-F32.gguf", "mixtral"),
            ("olmoe-F32.gguf", "olmoe"),
            ("qwen3moe-F32.gguf", "qwen3moe"), ("granitemoeshared-F32.gguf", "granitemoeshared"),
            ("llama-Q8_0.gguf", "llama-Q8_0"),
            ("granitemoeshared-Q8_0.gguf", "granitemoeshared-Q8_0"),
        ]

    @Test(arguments: fixtures)
    func `logits of whole prompts are those of transformers`(fixture: String, golden: String) throws
    {
        let model = try Fixture.model(fixture)
        for prompt in try Golden(golden).prompts {
            let logits = model.logits(prompt.ids, cache: model.cache())
            #expect(largestDifference(logits, prompt.logits) < Self.tolerance)
        }
    }

    @Test(arguments: fixtures)
    func `decoding token by token gives the same logits`(fixture: String, golden: String) throws {
        let model = try Fixture.model(fixture)
        for prompt in try Golden(golden).prompts {
            let cache = model.cache()
            var logits = model.logits([prompt.ids[0]], cache: cache)
            for token in prompt.ids[1...] { logits.append(model.logits([token], cache: cache)) }
            #expect(largestDifference(logits, prompt.logits) < Self.tolerance)
        }
    }

    @Test(arguments: fixtures)
    func `64 greedy tokens are those of transformers`(fixture: String, golden: String) throws {
        let golden = try Golden(golden)
        let tokens = try Fixture.model(fixture).greedy(golden.prompts[1].ids, count: 64)
        #expect(tokens == golden.greedy)
    }

    @Test(arguments: fixtures)
    func `chosen experts and their weights are those of transformers`(
        fixture: String, golden: String
    ) throws {
        let model = try Fixture.model(fixture)
        for prompt in try Golden(golden).prompts {
            let step = model.run(StepBatch(sequences: [(model.cache(), prompt.ids)]))
            #expect(step.routings.count == prompt.layers.count)
            for (routings, layer) in zip(step.routings, prompt.layers) {
                let sorted = routings.map { $0.choices.sorted { $0.expert < $1.expert } }
                #expect(sorted.map { $0.map(\.expert) } == layer.experts)
                let differences = zip(sorted.joined(), layer.weights.joined()).map {
                    abs($0.weight - $1)
                }
                #expect(differences.max() ?? 0 < 1e-5)  // weights are below 1
            }
        }
    }

    private func largestDifference(_ logits: Matrix, _ expected: [[Float]]) -> Float {
        guard logits.rowCount == expected.count else { return .infinity }
        return zip(logits.elements, expected.joined()).reduce(0) { largest, pair in
            let difference = abs(pair.0 - pair.1)
            return difference > largest || difference.isNaN ? difference : largest
        }
    }
}
