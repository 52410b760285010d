import Knowledge
import LinearAlgebra
import Mesh
import Testing
import Transport
import Wire

@testable import KnowledgeStore

/// The handlers behind a real socket, with an embedder that counts letters.
private final class Stage: Sendable {
    let loop = EventLoop(name: "test")
    let store: PassageStore
    let server: Server
    let peer: Peer
    private let folder = TemporaryFolder()

    init() async throws {
        store = try await PassageStore.open(path: folder.database, embedder: Self.embedder)
        let handlers = KnowledgeHandlers(
            store: store,
            embed: { texts in
                let rows = texts.map(Self.vector)
                let matrix = Matrix(
                    rowCount: rows.count, columnCount: 26, elements: Array(rows.joined()))
                return (matrix, texts.reduce(0) { $0 + $1.count })
            }, lifetime: Lifetime())
        server = try await Server.listen(
            on: SocketAddress("unix:\(folder.socket)"), loop: loop,
            hello: Hello(role: .knowledgeStore, name: "store"), handlers: handlers.table)
        peer = try await Peer.connect(
            to: server.address, on: loop, hello: Hello(role: .router, name: "test"),
            deadline: .after(.seconds(10)))
    }

    func stop() async {
        await server.drain(within: .seconds(1))
        store.close()
    }

    func call<R: Request>(
        _ request: R, _ content: String = ""
    ) async throws(MeshError) -> (message: R.Reply, attachment: Transport.Attachment) {
        try await peer.call(
            request, attachment: Transport.Attachment(Array(content.utf8)),
            deadline: .after(.seconds(20)))
    }

    func upsert(_ id: String, _ text: String, type: String = "text/plain") async throws(MeshError)
        -> UpsertDocumentReply
    {
        let request = UpsertDocument(
            collection: "c", documentID: id, title: "Title of \(id)", mediaType: type,
            attributes: [Attribute(name: "year", value: "1999")])
        return try await call(request, text).message
    }

    static let embedder = Embedder(
        identity: "letters", dimension: 26, tokenCount: { $0.split(separator: " ").count },
        embed: { $0.map(vector) })

    private static func vector(_ text: String) -> [Float] {
        var counts = [Float](repeating: 0.01, count: 26)
        for byte in text.lowercased().utf8 where (97...122).contains(byte) {
            counts[Int(byte) - 97] += 1
        }
        return Distance.normalised(counts)
    }
}

@Suite struct HandlerTests {
    @Test func `a document goes in, is found, cited, listed, fetched and deleted`() async throws {
        let stage = try await Stage()
        let stored = try await stage.upsert(
            "d", "# Hens\n\nA hen lays eggs.\n", type: "text/markdown; charset=utf-8")
        #expect(stored.passageCount == 1 && !stored.unchanged && stored.digest.count == 32)
        #expect(
            try await stage.upsert("d", "# Hens\n\nA hen lays eggs.\n", type: "text/markdown")
                .unchanged)

        let found = try await stage.call(
            Search(collections: ["c"], query: "Who lays eggs?", limit: 5)
        ).message
        let passage = try #require(found.passages.first)
        #expect(
            passage.documentID == "d" && passage.title == "Title of d"
                && passage.digest == stored.digest)
        #expect(
            passage.text == "# Hens\n\nA hen lays eggs." && passage.lexicalScore > 0
                && passage.denseScore > 0)
        #expect(found.plan.contains("1 passages"))

        let (source, bytes) = try await stage.call(
            FetchSource(
                collection: "c", documentID: "d", byteStart: passage.byteStart,
                byteEnd: passage.byteEnd))
        #expect(
            String(decoding: bytes.bytes, as: UTF8.self) == passage.text
                && source.mediaType == "text/markdown")

        let list = try await stage.call(ListDocuments(collection: "c", limit: 10)).message
        #expect(
            list.isComplete
                && list.documents.map(\.attributes) == [[Attribute(name: "year", value: "1999")]])

        #expect(
            try await stage.call(DeleteDocument(collection: "c", documentID: "d")).message.existed)
        #expect(
            try await stage.call(Search(collections: ["c"], query: "eggs", limit: 5)).message
                .passages.isEmpty)
        await stage.stop()
    }

    @Test func `embeddings come back as rows, in order, however many`() async throws {
        let stage = try await Stage()
        let texts = (0..<70).map { "text number \($0)" }
        let (reply, vectors) = try await stage.call(Embed(texts: texts))
        #expect(reply.dimension == 26 && reply.tokenCount == texts.reduce(0) { $0 + $1.count })
        let floats = try vectors.floats(count: 70 * 26)
        let expected = try await Stage.embedder.embed([texts[69]])[0]
        #expect(Array(floats.suffix(26)) == expected)
        await stage.stop()
    }

    @Test func `pages follow each other until the last one says so`() async throws {
        let stage = try await Stage()
        for id in ["a", "b", "c"] { _ = try await stage.upsert(id, id) }
        let first = try await stage.call(ListDocuments(collection: "c", limit: 2)).message
        #expect(first.documents.map(\.documentID) == ["a", "b"] && !first.isComplete)
        let second = try await stage.call(ListDocuments(collection: "c", after: "b", limit: 2))
            .message
        #expect(second.documents.map(\.documentID) == ["c"] && second.isComplete)
        #expect(try await stage.call(DropCollection(collection: "c")).message.documentCount == 3)
        await stage.stop()
    }

    @Test func `what cannot be taken is refused with the reason, and nothing is stored`()
        async throws
    {
        let stage = try await Stage()
        #expect(
            await refusal { try await stage.upsert("d", "x", type: "application/pdf") }
                == .badRequest)
        #expect(await refusal { try await stage.upsert("", "x") } == .badRequest)
        #expect(
            await refusal { try await stage.call(Search(collections: [], query: "x", limit: 1)) }
                == .badRequest)
        #expect(
            await refusal { try await stage.call(Search(collections: ["c"], query: "x", limit: 0)) }
                == .badRequest)
        let heavy = Search(collections: ["c"], query: "x", limit: 1, lexicalWeight: 2)
        #expect(await refusal { try await stage.call(heavy) } == .badRequest)
        #expect(
            await refusal { try await stage.call(FetchSource(collection: "c", documentID: "d")) }
                == .notFound)
        #expect(await refusal { try await stage.call(Embed(texts: [])) } == .badRequest)
        #expect(
            try await stage.call(ListDocuments(collection: "c", limit: 1)).message.documents.isEmpty
        )
        await stage.stop()
    }

    /// The fault that a call ends with; nil when it succeeds.
    private func refusal<Reply>(_ call: () async throws -> Reply) async -> FaultCode? {
        do {
            _ = try await call()
            return nil
        } catch {
            guard case .fault(let fault) = error as? MeshError else { return nil }
            return fault.code
        }
    }
}
