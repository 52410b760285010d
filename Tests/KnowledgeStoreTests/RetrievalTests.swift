import FoundationEssentials
import Knowledge
import LinearAlgebra
import Testing

@testable import KnowledgeStore

/// The store with its real encoder, on one article of SQuAD. The whole set is the figure
/// `retrieval.squad.ndcg10`.
@Suite(
    .enabled(
        if: Sources.exist, "needs shared/data (or EXPERTMESH_DATA) and the encoder (make models)"))
struct RetrievalTests {
    @Test func `questions find their paragraphs, by words and by meaning`() async throws {
        let paragraphs = try Sources.paragraphs(of: "Packet_switching", count: 12)
        let encoder = try EncoderThread(path: Sources.encoder)
        let folder = TemporaryFolder()
        let store = try await PassageStore.open(
            path: folder.database,
            embedder: encoder.embedder(identity: EncoderIdentity.name(of: Sources.encoder)))
        defer { store.close() }
        for (number, paragraph) in paragraphs.enumerated() {
            let content = Array(paragraph.context.utf8)
            _ = try await store.upsert(
                Document(name: "\(number)", mediaType: .plainText, content: content), in: "squad")
        }
        for sides in [SearchSides.lexical, .dense, .hybrid(.standard)] {
            var found = 0
            for (number, paragraph) in paragraphs.enumerated() {
                let query = try SearchQuery(
                    paragraph.qas[0].question, in: ["squad"], limit: 5, sides: sides)
                let hits = try await store.search(query).hits
                if hits.contains(where: { $0.document == "\(number)" }) { found += 1 }
            }
            #expect(found >= 10, "\(sides): \(found) of \(paragraphs.count)")
        }
    }

    @Test func `a text has the same vector alone and in company`() async throws {
        let encoder = try EncoderThread(path: Sources.encoder)
        let texts = ["A short one.", String(repeating: "a long one ", count: 60), "Another."]
        let together = await encoder.embed(texts)
        for (row, text) in texts.enumerated() {
            let alone = await encoder.embed([text]).vectors.row(0)
            let cosine = zip(alone, together.vectors.row(row)).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            #expect(cosine > 0.9999)
        }
    }
}

private enum Sources {
    private static let environment = ProcessInfo.processInfo.environment
    private static let squad =
        (environment["EXPERTMESH_DATA"] ?? "../shared/data") + "/squad/squad-v1.1-dev.json"
    static let encoder =
        (environment["EXPERTMESH_CACHE"] ?? (environment["HOME"] ?? "") + "/.cache/expertmesh")
        + "/all-minilm-l6-v2"

    static var exist: Bool {
        [squad, encoder].allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }

    struct Paragraph: Decodable {
        let context: String
        let qas: [Question]
    }
    struct Question: Decodable { let question: String }
    private struct Article: Decodable {
        let title: String
        let paragraphs: [Paragraph]
    }
    private struct File: Decodable { let data: [Article] }

    static func paragraphs(of title: String, count: Int) throws -> [Paragraph] {
        let file = try JSONDecoder().decode(
            File.self, from: try Data(contentsOf: URL(filePath: squad)))
        let article = file.data.first { $0.title == title }
        return Array((article?.paragraphs ?? []).filter { !$0.qas.isEmpty }.prefix(count))
    }
}
