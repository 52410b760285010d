import FoundationEssentials
import Knowledge

/// Does the store find the right passage?
enum RetrievalFigures {
    /// Every paragraph of SQuAD is a document without a title; the questions with an odd number are
    /// asked, because the default weight of words against vectors was chosen on the even ones. BM25
    /// alone is the baseline.
    static let squadNDCG10 = Figure(
        name: "retrieval.squad.ndcg10", unit: "nDCG@10", aim: .atLeast(0.9)
    ) { isQuick in
        let set = try SquadSet(
            path: Sources.squad(), articleCountMax: isQuick ? quickArticleCount : .max)
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let store = try await PassageStore.open(
            path: directory.path + "/squad.sqlite", embedder: Sources.encoder())
        defer { store.close() }
        try await store.ingest(set)
        let asked = set.questions.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        let questions = isQuick ? Array(asked.prefix(quickQuestionCount)) : asked
        let lexical = try await store.score(questions, .lexical)
        let dense = try await store.score(questions, .dense)
        let hybrid = try await store.score(questions, .hybrid(.standard))
        let parts = [("BM25", lexical), ("dense", dense), ("hybrid", hybrid)].map { name, score in
            let numbers = [score.ndcg10, score.recall5].map { $0.rounded(toDigits: 4) }
            return "\(name) nDCG@10 \(numbers[0]) recall@5 \(numbers[1])"
        }
        let notes =
            "\(set.paragraphs.count) paragraphs, \(questions.count) questions; "
            + parts.joined(separator: "; ")
        return .init(value: hybrid.ndcg10, baseline: lexical.ndcg10, notes: notes)
    }

    private static let quickArticleCount = 3
    private static let quickQuestionCount = 150
}

extension PassageStore {
    static let squadCollection = "squad"

    /// Stores every paragraph as a document named by its number.
    func ingest(_ set: SquadSet) async throws {
        for (number, paragraph) in set.paragraphs.enumerated() {
            let document = try Document(
                name: "\(number)", mediaType: .plainText, content: Array(paragraph.text.utf8))
            _ = try await upsert(document, in: Self.squadCollection)
        }
    }

    func score(_ questions: [SquadSet.Question], _ sides: SearchSides) async throws
        -> RetrievalScore
    {
        var score = RetrievalScore()
        for question in questions {
            let documents = try await ranking(question.text, sides)
            score.add(rank: documents.firstIndex(of: "\(question.paragraph)").map { $0 + 1 })
        }
        return score
    }

    /// Documents by their best passage.
    private func ranking(_ question: String, _ sides: SearchSides) async throws -> [String] {
        let query = try SearchQuery(question, in: [Self.squadCollection], limit: 30, sides: sides)
        var seen: Set<String> = []
        return try await search(query).hits.map(\.document).filter { seen.insert($0).inserted }
    }
}
