import FoundationEssentials

/// How good are the demo model's answers? Questions about articles that it was never trained on,
/// put to a mesh of real processes through the official client, scored as SQuAD's script does.
enum DemoFigures {
    static let f1Gold = Figure(name: "demo.f1.gold", unit: "F1", aim: .atLeast(72)) { isQuick in
        let scores = try await runs.scores(.gold, isQuick)
        return .init(
            value: scores.f1, notes: "\(scores.summary); each with its own paragraph alone")
    }

    static let f1Retrieved = Figure(
        name: "demo.f1.retrieved", unit: "F1", aim: .atLeast(60)
    ) { isQuick in
        let scores = try await runs.scores(.retrieved, isQuick)
        return .init(value: scores.f1, notes: "\(scores.summary); \(scores.searched)")
    }

    static let citationCorrect = Figure(
        name: "demo.citation.correct", unit: "%", aim: .atLeast(85)
    ) { isQuick in
        let scores = try await runs.scores(.retrieved, isQuick)
        let notes = "of \(scores.given) answers, those that cite the paragraph asked about; "
        return .init(value: scores.cited, notes: notes + scores.searched)
    }

    static let refusalF1 = Figure(
        name: "demo.refusal.f1", unit: "F1", aim: .atLeast(70)
    ) { isQuick in
        let scores = try await runs.scores(.retrieved, isQuick)
        guard let refusal = scores.refusal, refusal.unanswerable > 0 else {
            throw FigureUnavailable(description: "the sample has no unanswerable question")
        }
        let notes =
            "precision \(refusal.precision), recall \(refusal.recall); \(refusal.unanswerable) "
            + "unanswerable questions among \(refusal.answerable) others; \(scores.searched)"
        return .init(value: refusal.f1, notes: notes)
    }

    private static let runs = DemoRuns()
}

/// Runs of `demo.py`; figures of one process share them, for a whole one takes minutes.
private actor DemoRuns {
    enum Passages: String { case gold, retrieved }

    struct Scores: Decodable {
        struct Refusal: Decodable {
            let answerable, unanswerable: Int
            let precision, recall, f1: Double
        }

        let questions, given: Int
        /// In percent.
        let f1, exact, cited: Double
        let refusal: Refusal?
        let paragraphs: Int?

        var summary: String { "\(questions) questions, \(given) answered, exact match \(exact)" }
        var searched: String { "passages searched among \(paragraphs ?? 0) paragraphs" }
    }

    private var runs: [String: Task<Scores, any Error>] = [:]

    func scores(_ passages: Passages, _ isQuick: Bool) async throws -> Scores {
        let key = "\(passages) \(isQuick)"
        let run = runs[key] ?? Task { try await Self.run(passages, isQuick) }
        runs[key] = run
        return try await run.value
    }

    private static func run(_ passages: Passages, _ isQuick: Bool) async throws -> Scores {
        _ = try Sources.squad()
        let program = try PythonProgram(
            "Tests/Benchmarks/Reference/demo.py", needs: "openai", python: Sources.python())
        let text = try await program.output(
            [passages.rawValue, Sources.data] + (isQuick ? ["\(quickSeconds)"] : []))
        return try JSONDecoder().decode(Scores.self, from: Data(text.utf8))
    }

    /// For asking: starting a mesh and filling its store take the rest of half a minute.
    private static let quickSeconds = 12
}
