import LinearAlgebra
import Model

/// How fast are texts turned into vectors?
enum EncoderFigures {
    /// Sentences a second on one thread, against the reference pipeline in PyTorch, in turns.
    static let rate = Figure(
        name: "embed.rate.vs-reference", unit: "x", aim: .atLeast(1)
    ) { isQuick in
        let directory = try Sources.encoderDirectory()
        let program = try PythonProgram.reference(
            "encoder.py", needs: "torch and transformers")
        let sentences = try sentences(count: isQuick ? 192 : 1024)
        ComputeThreads.set(1)
        let encoder = try SentenceEncoder(path: directory)
        var ours: [Double] = []
        let reference = try await program.rounds(
            isQuick ? 3 : 7, [directory, "\(sentences.count)"], input: sentences
        ) {
            let time = ContinuousClock().measure { _ = encoder.embed(sentences) }
            ours.append(time / .seconds(1))
        }
        let rates = [ours.median, reference.compactMap(\.first).median]
            .map { (Double(sentences.count) / $0).rounded(toDigits: 1) }
        return .init(
            value: rates[0] / rates[1], baseline: 1,
            notes: "\(sentences.count) sentences of SQuAD, one thread; ours \(rates[0]), "
                + "PyTorch \(rates[1]) sentences/s; \(ComputeThreads.kernelName)")
    }

    /// Questions, and the first sentences of paragraphs, half and half.
    private static func sentences(count: Int) throws -> [String] {
        let set = try SquadSet(path: Sources.squad())
        let questions = set.questions.prefix(count / 2).map(\.text)
        let firsts = set.paragraphs.prefix(count / 2).compactMap {
            $0.text.split(separator: ". ").first.map(String.init)
        }
        return (questions + firsts).map {
            $0.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
    }
}
