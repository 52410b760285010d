import Checkpoint
import LinearAlgebra
import Model
import Tokenization

/// How fast is the demo model's base, against llama.cpp on the same file, one thread each, in
/// turns? Where llama.cpp cannot be had the figures say so.
enum LlamaFigures {
    static let decode = Figure(
        name: "demo.decode.vs-llama.cpp", unit: "x", aim: .atLeast(0.4)
    ) { isQuick in
        let times = try await times(isQuick)
        return times.measurement(\.decode, tokenCount: times.newCount)
    }

    static let prefill = Figure(
        name: "demo.prefill.vs-llama.cpp", unit: "x", aim: .atLeast(1.5)
    ) { isQuick in
        let times = try await times(isQuick)
        return times.measurement(\.prefill, tokenCount: times.promptCount)
    }

    private static func times(_ isQuick: Bool) async throws -> Times {
        let file = try Sources.demoBase()
        let program = try PythonProgram.reference("llama.py", needs: "llama-cpp-python")
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        try ModelImporter.run(source: file, into: scratch.path)
        ComputeThreads.set(1)
        let decoder = try Decoder(directory: CheckpointDirectory(path: scratch.path))
        var times = Times(promptCount: 512, newCount: isQuick ? 32 : 128)
        let reference = try await program.rounds(
            isQuick ? 3 : 7, [file, "\(times.promptCount)", "\(times.newCount)"]
        ) { times.ours.append(times.round(of: decoder)) }
        times.reference = reference.map { Times.Round(prefill: $0[0], decode: $0[1]) }
        return times
    }
}

/// Seconds of rounds, ours and the reference's.
private struct Times {
    struct Round {
        let prefill: Double
        let decode: Double
    }

    let promptCount: Int
    let newCount: Int
    var ours: [Round] = []
    var reference: [Round] = []

    init(promptCount: Int, newCount: Int) {
        (self.promptCount, self.newCount) = (promptCount, newCount)
    }

    func measurement(
        _ part: KeyPath<Round, Double>, tokenCount: Int
    ) -> Figure.Measurement {
        let rates = [ours, reference].map {
            Double(tokenCount) / $0.map { $0[keyPath: part] }.median
        }
        let shown = rates.map { $0.rounded(toDigits: 1) }
        return .init(
            value: rates[0] / rates[1], baseline: 1,
            notes: "SmolLM2-135M Q4_1, \(promptCount) tokens of prompt, \(newCount) new ones, one "
                + "thread; ours \(shown[0]), llama.cpp \(shown[1]) tokens/s; "
                + ComputeThreads.kernelName)
    }

    /// Reads a prompt, in pieces as the router does, then decodes token by token. What the tokens
    /// say does not matter; `llama.py` feeds the same.
    func round(of decoder: Decoder) -> Round {
        let cache = KVCache(
            configuration: decoder.configuration, positionCountMax: promptCount + newCount)
        let prompt = (0..<promptCount).map { TokenID(1000 + $0) }
        let clock = ContinuousClock()
        let prefill = clock.measure {
            for start in stride(from: 0, to: promptCount, by: Self.pieceCount) {
                let piece = prompt[start..<min(start + Self.pieceCount, promptCount)]
                step(decoder, cache, Array(piece))
            }
        }
        let decode = clock.measure {
            for number in 0..<newCount { step(decoder, cache, [TokenID(2000 + number)]) }
        }
        return Round(prefill: prefill / .seconds(1), decode: decode / .seconds(1))
    }

    private static let pieceCount = 256

    /// All layers of a model without experts, and the logits of the last row.
    private func step(_ decoder: Decoder, _ cache: KVCache, _ tokens: [TokenID]) {
        let batch = StepBatch(sequences: [(cache: cache, tokens: tokens)])
        var hidden = decoder.embed(batch.tokens)
        for layer in 0..<decoder.configuration.layerCount {
            decoder.attend(&hidden, layer: layer, batch: batch)
            let normalised = decoder.normalise(hidden, layer: layer)
            let local = decoder.local(normalised, layer: layer)
            decoder.finish(&hidden, layer: layer, local: local, routed: nil)
        }
        batch.commit()
        _ = decoder.logits(hidden.rows(hidden.rowCount - 1..<hidden.rowCount))
    }
}
