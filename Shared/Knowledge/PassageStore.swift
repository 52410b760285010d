internal import Storage

/// Documents in, passages out: the whole store, without any socket.
///
/// The database is the truth. What is in memory is a copy of it, and follows each commit before the
/// write is acknowledged: whoever holds a receipt may rely on the write being both on the disk and
/// visible to searches.
public final class PassageStore: Sendable {
    /// What made the vectors.
    public let embedder: Embedder
    private let reader: DocumentReader
    private let writer: PassageWriter
    private let searcher: PassageSearcher
    private let threads: [SerialThread]

    /// Opens the store in the database at `path`, made when it is absent, and builds what searches
    /// need in memory.
    ///
    /// Throws `embedderChanged` when the vectors were made by another embedder, unless
    /// `reembedding` is true: then every passage is cut and embedded anew before this returns.
    public static func open(
        path: String, embedder: Embedder, reembedding: Bool = false
    ) async throws -> PassageStore {
        let threads = [SerialThread(), SerialThread(), SerialThread()]
        do {
            let writer = try PassageWriter(path: path, thread: threads[0])
            let searcher = try PassageSearcher(
                path: path, dimension: embedder.dimension, thread: threads[1])
            let reader = DocumentReader(tokenCount: embedder.tokenCount, thread: threads[2])
            let store = PassageStore(embedder, reader, writer, searcher, threads)
            try await store.start(reembedding: reembedding)
            return store
        } catch {
            for thread in threads { thread.stop() }
            throw error
        }
    }

    private init(
        _ embedder: Embedder, _ reader: DocumentReader, _ writer: PassageWriter,
        _ searcher: PassageSearcher,
        _ threads: [SerialThread]
    ) {
        self.embedder = embedder
        self.reader = reader
        self.writer = writer
        self.searcher = searcher
        self.threads = threads
    }

    private func start(reembedding: Bool) async throws {
        let stored = try await writer.embedderIdentity()
        if stored != embedder.identity, !stored.isEmpty {
            guard reembedding else {
                throw KnowledgeError.embedderChanged(stored: stored, present: embedder.identity)
            }
            try await reembed()
        }
        if stored != embedder.identity { try await writer.setEmbedderIdentity(embedder.identity) }
        try await writer.erase()
        try await searcher.load()
    }

    /// Ends the store's threads. The store must not be used afterwards, and nothing may be in
    /// flight.
    public func close() {
        for thread in threads { thread.stop() }
    }
}

// MARK: - Writing

extension PassageStore {
    /// Stores a document, or replaces it. The same document again is recognised and costs nothing.
    public func upsert(_ document: Document, in collection: String) async throws -> UpsertReceipt {
        try Document.check(collection, "collection name")
        let digest = await reader.digest(of: document)
        if let receipt = try await writer.receipt(
            ifUnchanged: document, digest: digest, in: collection)
        {
            return receipt
        }
        let passages = try await embedded(document)
        let change = try await writer.upsert(
            document, digest: digest, passages: passages, in: collection)
        await searcher.apply(change)
        return UpsertReceipt(
            digest: digest, passageCount: passages.count, sequence: change.sequence,
            isUnchanged: false)
    }

    private func embedded(_ document: Document) async throws -> [EmbeddedPassage] {
        let passages = await reader.passages(of: document)
        let vectors = try await embedder.vectors(of: passages.map(\.searchedText))
        return zip(passages, vectors).map { EmbeddedPassage(passage: $0, vector: $1) }
    }

    /// Removes a document with everything made of it. Its bytes leave the files at the next
    /// `maintain`.
    public func delete(document: String, in collection: String) async throws -> DeleteReceipt {
        guard let change = try await writer.delete(document: document, in: collection) else {
            return DeleteReceipt(existed: false, sequence: await searcher.sequence)
        }
        await searcher.apply(change)
        return DeleteReceipt(existed: true, sequence: change.sequence)
    }

    /// Removes a collection with all its documents. A collection is there as long as it was not
    /// dropped after its first document.
    public func drop(collection: String) async throws -> DropReceipt {
        guard let (change, documentCount) = try await writer.drop(collection: collection) else {
            return DropReceipt(documentCount: 0, sequence: await searcher.sequence)
        }
        await searcher.apply(change)
        return DropReceipt(documentCount: documentCount, sequence: change.sequence)
    }

    /// Makes deleted bytes disappear from the files and gives their room back. Costs nothing when
    /// nothing was deleted.
    public func maintain() async throws { try await writer.erase() }

    /// What is wrong with the files, in words; empty when all is well.
    public func complaints() async throws -> [String] { try await writer.complaints() }

    /// Cuts and embeds every document anew, one transaction each. When it is interrupted the old
    /// identity stays, and the next start begins again.
    private func reembed() async throws {
        for (collection, name) in try await writer.allDocuments() {
            let document = try await writer.document(named: name, in: collection)
            _ = try await writer.upsert(
                document, digest: reader.digest(of: document),
                passages: embedded(document), in: collection)
        }
    }
}

// MARK: - Reading

extension PassageStore {
    /// Time that a search gets when its caller sets no deadline.
    public static let searchDurationMax = Duration.seconds(30)

    /// The passages that fit a query best. A collection without documents has none, whatever its
    /// name.
    public func search(_ query: SearchQuery, within time: Duration = searchDurationMax) async throws
        -> SearchAnswer
    {
        let deadline = ContinuousClock.now + time
        let vector = query.sides == .lexical ? [] : try await embedder.vectors(of: [query.text])[0]
        return try await searcher.search(query, vector: vector, until: deadline)
    }

    /// A page of a collection's documents by name, those after `name`.
    public func documents(
        in collection: String, after name: String = "", limit: Int
    ) async throws -> [StoredDocument] {
        try await searcher.documents(in: collection, after: name, limit: limit)
    }

    /// Bytes of a document as it was stored, and the document they belong to. `end` nil: to the
    /// end.
    public func source(
        of document: String, in collection: String, from start: Int = 0, to end: Int? = nil
    ) async throws -> (content: [UInt8], document: StoredDocument) {
        try await searcher.source(of: document, in: collection, from: start, to: end)
    }

    /// Passages that can be found.
    public var passageCount: Int { get async { await searcher.passageCount } }
}
