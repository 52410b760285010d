import FoundationEssentials
import Glibc

/// SQuAD 1.1's development set as a retrieval task: find the paragraph from which a question was
/// asked.
struct SquadSet: Sendable {
    struct Question: Sendable {
        let id: String
        let text: String
        /// Index of its paragraph.
        let paragraph: Int
        let answers: [String]
    }

    struct Paragraph: Sendable {
        let text: String
        let title: String
    }

    private(set) var paragraphs: [Paragraph] = []
    private(set) var questions: [Question] = []

    /// - Parameter articleCountMax: only so many articles, from the start.
    init(path: String, articleCountMax: Int = .max) throws {
        let file = try JSONDecoder().decode(
            File.self, from: try Data(contentsOf: URL(filePath: path)))
        for article in file.data.prefix(articleCountMax) {
            for paragraph in article.paragraphs { add(paragraph, of: article.title) }
        }
    }

    private mutating func add(_ paragraph: File.Paragraph, of title: String) {
        questions += paragraph.qas.map {
            Question(
                id: $0.id, text: $0.question, paragraph: paragraphs.count,
                answers: $0.answers.map(\.text))
        }
        paragraphs.append(Paragraph(text: paragraph.context, title: title))
    }

    private struct File: Decodable {
        struct Article: Decodable {
            let title: String
            let paragraphs: [Paragraph]
        }
        struct Paragraph: Decodable {
            let context: String
            let qas: [Entry]
        }
        struct Entry: Decodable {
            let id: String
            let question: String
            let answers: [Answer]
        }
        struct Answer: Decodable { let text: String }
        let data: [Article]
    }
}

/// How well rankings put the one right document first.
struct RetrievalScore: Sendable {
    private var gain = 0.0
    private var foundCount = 0
    private var count = 0

    /// - Parameter rank: of the right document, from 1; nil when it was not found.
    mutating func add(rank: Int?) {
        count += 1
        guard let rank else { return }
        if rank <= 10 { gain += 1 / log2(Double(rank) + 1) }
        if rank <= 5 { foundCount += 1 }
    }

    /// Normalised discounted cumulative gain of the first ten.
    var ndcg10: Double { gain / Double(max(count, 1)) }
    var recall5: Double { Double(foundCount) / Double(max(count, 1)) }
}
