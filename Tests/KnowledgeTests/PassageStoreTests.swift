import Knowledge
import Testing

@Suite struct PassageStoreTests {
    private let directory = TemporaryDirectory()

    @Test func `what was stored is found, with everything needed to cite it`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        let text = "# Foxes\n\nA red fox lives here.\n\n# Hens\n\nA hen lays eggs.\n"
        let receipt = try await store.upsert(
            document("animals", text, title: "Animals", as: .markdown), in: "c")
        let hit = try #require(try await store.hits("who lays eggs?").first)
        #expect(hit.document == "animals" && hit.title == "Animals" && hit.digest == receipt.digest)
        #expect(hit.passage.text == "# Hens\n\nA hen lays eggs.")
        let range = hit.passage.byteRange
        let (content, stored) = try await store.source(
            of: "animals", in: "c", from: range.lowerBound, to: range.upperBound)
        #expect(
            String(decoding: content, as: UTF8.self) == hit.passage.text
                && stored.digest == hit.digest)
        #expect(hit.lexicalScore > 0 && hit.denseScore > 0 && hit.score > 0)
    }

    @Test func `the same document again costs nothing; a changed one replaces it`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        let first = try await store.upsert(document("d", "old fox"), in: "c")
        let same = try await store.upsert(document("d", "old fox"), in: "c")
        #expect(same.isUnchanged && same.sequence == first.sequence && !first.isUnchanged)
        let renamed = try await store.upsert(document("d", "old fox", title: "T"), in: "c")
        #expect(
            !renamed.isUnchanged && renamed.sequence > first.sequence
                && renamed.digest == first.digest)
        _ = try await store.upsert(document("d", "new hen"), in: "c")
        #expect(try await store.hits("fox", .lexical).isEmpty)
        #expect(try await store.hits("hen").map(\.passage.text) == ["new hen"])
        #expect(await store.passageCount == 1)
    }

    @Test func `several collections are searched as one, each with its own words`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        for (collection, text) in [("a", "red fox"), ("b", "brown fox"), ("x", "grey fox")] {
            _ = try await store.upsert(document("d", text), in: collection)
        }
        #expect(Set(try await store.hits("fox", in: ["a", "b"]).map(\.collection)) == ["a", "b"])
        #expect(try await store.hits("fox", in: ["a", "nobody's"]).count == 1)
    }

    @Test func `what was deleted is not found, and says so when deleted again`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        _ = try await store.upsert(document("d", "red fox"), in: "c")
        #expect(try await store.delete(document: "d", in: "c").existed)
        #expect(try await store.hits("fox").isEmpty)
        #expect(try await store.delete(document: "d", in: "c").existed == false)
        await #expect(throws: KnowledgeError.unknownDocument(collection: "c", document: "d")) {
            try await store.source(of: "d", in: "c")
        }
    }

    @Test func `a dropped collection is gone and may come again`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        for name in ["a", "b"] { _ = try await store.upsert(document(name, "red fox"), in: "c") }
        #expect(try await store.drop(collection: "c").documentCount == 2)
        #expect(try await store.drop(collection: "c").documentCount == 0)
        #expect(try await store.hits("fox").isEmpty)
        _ = try await store.upsert(document("a", "grey fox"), in: "c")
        #expect(try await store.hits("fox").map(\.passage.text) == ["grey fox"])
    }

    @Test func `documents are listed by name, page by page`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        let attributed = try Document(
            name: "b", mediaType: .plainText, attributes: ["k": "v", "empty": ""],
            content: Array("x".utf8))
        _ = try await store.upsert(attributed, in: "c")
        for name in ["d", "a", "c"] { _ = try await store.upsert(document(name, name), in: "c") }
        let first = try await store.documents(in: "c", limit: 3)
        #expect(
            first.map(\.name) == ["a", "b", "c"] && first[1].attributes == ["k": "v", "empty": ""])
        #expect(try await store.documents(in: "c", after: "c", limit: 3).map(\.name) == ["d"])
    }

    @Test func `ranges outside a document are refused`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        _ = try await store.upsert(document("d", "12345"), in: "c")
        #expect(try await store.source(of: "d", in: "c", from: 5).content == [])
        for (start, end) in [(-1, 2), (3, 2), (0, 6), (6, 6)] {
            await #expect(throws: KnowledgeError.invalidRange(start: start, end: end, byteCount: 5))
            {
                try await store.source(of: "d", in: "c", from: start, to: end)
            }
        }
    }

    @Test func `an empty document is stored and has no passages`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        #expect(try await store.upsert(document("d", " \n"), in: "c").passageCount == 0)
        #expect(try await store.hits("x").isEmpty)
    }

    @Test func `what is no document is refused with the reason`() throws {
        #expect(throws: KnowledgeError.invalidDocument("its bytes are not UTF-8; convert it first"))
        {
            try Document(name: "d", mediaType: .plainText, content: [0x66, 0xFF])
        }
        #expect(throws: KnowledgeError.self) { try document("", "x") }
        #expect(throws: KnowledgeError.self) { try document("a\nb", "x") }
        #expect(throws: KnowledgeError.self) {
            try document("d", "x", title: String(repeating: "t", count: 2_000))
        }
        let large = [UInt8](repeating: 32, count: Document.contentByteCountMax + 1)
        #expect(throws: KnowledgeError.self) {
            try Document(name: "d", mediaType: .plainText, content: large)
        }
    }

    @Test(arguments: [0, 201]) func `a limit out of bounds is refused`(limit: Int) {
        #expect(throws: KnowledgeError.self) { try SearchQuery("x", in: ["c"], limit: limit) }
    }

    @Test func `a restart changes no answer`() async throws {
        var random = Seeded(3)
        let names = ["fox", "hen", "dog", "cat", "owl", "red", "brown", "grey"]
        var store = try await PassageStore.ofWords(in: directory)
        for number in 0..<60 {
            let text = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                names.randomElement(using: &random)!
            }
            _ = try await store.upsert(
                document("d\(number % 40)", text.joined(separator: " ")), in: "c")
        }
        let queries = names + ["red fox", "grey owl or brown hen"]
        var before: [[Hit]] = []
        for query in queries { before.append(try await store.hits(query, limit: 50)) }
        store.close()
        store = try await PassageStore.ofWords(in: directory)
        for (query, hits) in zip(queries, before) {
            #expect(try await store.hits(query, limit: 50) == hits)
        }
        store.close()
    }

    @Test func `another embedder is refused, and welcome with a new embedding of everything`()
        async throws
    {
        let store = try await PassageStore.ofWords(in: directory)
        _ = try await store.upsert(document("d", "red fox", title: "T"), in: "c")
        store.close()
        let other = wordEmbedder(identity: "others", dimension: 16)
        await #expect(throws: KnowledgeError.embedderChanged(stored: "words", present: "others")) {
            try await PassageStore.open(path: directory.database, embedder: other)
        }
        let again = try await PassageStore.open(
            path: directory.database, embedder: other, reembedding: true)
        #expect(try await again.hits("fox").map(\.title) == ["T"])
        again.close()
        let settled = try await PassageStore.open(path: directory.database, embedder: other)
        #expect(try await settled.hits("fox").count == 1)
        settled.close()
    }

    @Test func `a search past its deadline is stopped`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        let text = (0..<3_000).map { "w\($0)" }.joined(separator: "\n\n")
        _ = try await store.upsert(document("d", text), in: "c")
        let query = try SearchQuery(
            text.split(separator: "\n\n").prefix(16).joined(separator: " "), in: ["c"])
        _ = try await store.search(query)
        await #expect(throws: (any Error).self) {
            try await store.search(query, within: .seconds(-1))
        }
    }

    @Test func `an embedder that returns nonsense stores nothing`() async throws {
        let broken = Embedder(identity: "words", dimension: 32, tokenCount: wordCount) { texts in
            texts.map { _ in [Float](repeating: .nan, count: 32) }
        }
        let store = try await PassageStore.open(path: directory.database, embedder: broken)
        defer { store.close() }
        await #expect(throws: KnowledgeError.self) {
            try await store.upsert(document("d", "x"), in: "c")
        }
        #expect(try await store.documents(in: "c", limit: 1).isEmpty)
    }
}
