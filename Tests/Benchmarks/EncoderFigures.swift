import LinearAlgebra
import Model

/// How fast are texts turned into vectors?
enum EncoderFigures {
    /// Sentences a second on one thread, against the reference pipeline in PyTorch, in turns.
    static let rate = Figure(
        name: "embed.rate.vs-reference", unit: "x", aim: .atLeast(1)
    ) { isQuick in
        try await measure(sentenceCount: isQuick ? 192 : 1024, roundCount: isQuick ? 3 : 7)
    }

    private static func measure(
        sentenceCount: Int, roundCount: Int
    ) async throws -> Figure.Measurement {
        let directory = try Sources.encoderDirectory()
        let program = try PythonProgram.reference(
            "encoder.py", needs: "torch and transformers")
        let sentences = try sentences(count: sentenceCount)
        ComputeThreads.set(1)
        let encoder = try SentenceEncoder(path: directory)
        var ours: [Double] = []
        let arguments = [directory, "\(sentences.count)"]
        let reference = try await program.rounds(roundCount, arguments, input: sentences) {
            let time = ContinuousClock().measure { _ = encoder.embed(sentences) }
            ours.append(time / .seconds(1))
        }
        let rate = Double(sentences.count) / ours.median
        let baseline = Double(sentences.count) / reference.compactMap(\.first).median
        return .init(
            value: rate / baseline, baseline: 1,
            notes: "\(sentences.count) sentences of SQuAD, one thread, \(roundCount) rounds; ours "
                + "\(rate.rounded(toDigits: 1)), PyTorch \(baseline.rounded(toDigits: 1)) "
                + "sentences/s; \(ComputeThreads.kernelName)")
    }

    /// Questions, and the first sentences of paragraphs, half and half.
    private static func sentences(count: Int) throws -> [String] {
        let set = try SquadSet(path: Sources.squad())
        let questions = set.questions.prefix(count / 2).map(\.text)
        let firsts = set.paragraphs.prefix(count / 2).compactMap {
            $0.text.split(separator: ". ").first.map(String.init)
        }
        return (questions + firsts).map { $0.replacing("\n", with: " ") }
    }
}
