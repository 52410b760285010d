import LinearAlgebra
import Model
import Testing
import Tokenization

struct StepBatchTests {
    private static let prompts: [[TokenID]] = [[5, 9, 33, 60], [7], Array(2..<80), [12, 90]]

    /// Decoding rows and prefilling rows share one step; every bit must be the same.
    @Test(arguments: ["granitemoeshared", "mixtral-swa-hd", "qwen3moe", "llama-Q8_0.gguf"])
    func `several sequences in one step get the bits that each gets alone`(fixture: String) throws {
        let model = try Fixture.model(fixture)
        var caches: [KVCache] = []
        for prompt in Self.prompts {
            caches.append(model.cache())
            if prompt.count > 3 { _ = model.logits(Array(prompt[..<3]), cache: caches.last!) }
        }
        let rest = Self.prompts.map { $0.count > 3 ? Array($0[3...]) : $0 }
        let batch = StepBatch(sequences: Array(zip(caches, rest)))
        let together = model.decoder.logits(model.run(batch).hidden)
        for (index, prompt) in Self.prompts.enumerated() {
            let alone = model.logits(prompt, cache: model.cache())
            let last = alone.rows(alone.rowCount - 1..<alone.rowCount)
            let row = together.rows(batch.lastRows[index]..<batch.lastRows[index] + 1)
            #expect(last.elements == row.elements, "prompt \(index)")
        }
    }

    @Test(arguments: [1, 7, 33])
    func `a prompt in pieces gives the bits of the whole`(pieceCount: Int) throws {
        let model = try Fixture.model("granitemoeshared")
        let prompt = Self.prompts[2]
        let cache = model.cache()
        var logits = Matrix(zeros: 0, model.decoder.configuration.vocabularySize)
        for first in stride(from: 0, to: prompt.count, by: pieceCount) {
            let piece = Array(prompt[first..<min(first + pieceCount, prompt.count)])
            logits.append(model.logits(piece, cache: cache))
        }
        #expect(logits == model.logits(prompt, cache: model.cache()))
    }

    @Test func `a truncated cache continues as if the rest had never been`() throws {
        let model = try Fixture.model("qwen3moe")
        let cache = model.cache()
        _ = model.logits([3, 4, 5, 6, 7], cache: cache)
        cache.truncate(to: 2)
        #expect(cache.count == 2)
        let fresh = model.cache()
        _ = model.logits([3, 4], cache: fresh)
        #expect(model.logits([8, 9], cache: cache) == model.logits([8, 9], cache: fresh))
        #expect(cache.byteCount > 0)
    }

    @Test func `a step that was given up leaves nothing behind`() throws {
        let model = try Fixture.model("llama")
        let cache = model.cache()
        _ = model.logits([3, 4], cache: cache)
        let abandoned = StepBatch(sequences: [(cache, [50, 51, 52])])
        var hidden = model.decoder.embed(abandoned.tokens)
        model.decoder.attend(&hidden, layer: 0, batch: abandoned)  // and no further, no commit
        let fresh = model.cache()
        _ = model.logits([3, 4], cache: fresh)
        #expect(model.logits([8, 9], cache: cache) == model.logits([8, 9], cache: fresh))
        #expect(cache.count == 4)
    }

    @Test func `positions and last rows follow the sequences`() throws {
        let model = try Fixture.model("llama")
        let cache = model.cache(positionCountMax: 10)
        _ = model.logits([1, 2, 3], cache: cache)
        let batch = StepBatch(sequences: [(cache, [4]), (model.cache(), [5, 6, 7])])
        #expect(batch.tokens == [4, 5, 6, 7])
        #expect(batch.lastRows == [0, 3])
        #expect(cache.remainingCount == 7)
    }
}
