internal import Knowledge
internal import LinearAlgebra
internal import Mesh
internal import Storage
internal import Transport
internal import Wire

/// What the store answers. Each handler turns a message into the store's own words and back.
struct KnowledgeHandlers: Sendable {
    let store: PassageStore
    /// Vectors of texts, and the number of tokens that were read for them.
    let embed: @Sendable ([String]) async -> (vectors: Matrix, tokenCount: Int)
    let lifetime: Lifetime

    var table: Handlers {
        var handlers = Handlers()
        handlers.on(UpsertDocument.self) { request, attachment, _ in
            (try await answering { try await upsert(request, attachment.bytes) }, .empty)
        }
        handlers.on(DeleteDocument.self) { request, _, _ in
            (try await answering { try await delete(request) }, .empty)
        }
        handlers.on(DropCollection.self) { request, _, _ in
            (try await answering { try await drop(request) }, .empty)
        }
        handlers.on(ListDocuments.self) { request, _, _ in
            (try await answering { try await list(request) }, .empty)
        }
        handlers.on(Search.self) { request, _, context in
            (
                try await answering {
                    try await search(request, within: context.deadline.remaining)
                }, .empty
            )
        }
        handlers.on(FetchSource.self) { request, _, _ in
            try await answering { try await fetch(request) }
        }
        handlers.on(Embed.self) { request, _, _ in
            try await answering { try await embeddings(of: request) }
        }
        handlers.on(Health.self) { _, _, _ in (HealthReply(ready: true), .empty) }
        return handlers
    }

    /// Lets the process end when the disk failed, and tells the caller what kind of refusal an
    /// error is.
    private func answering<Reply>(_ body: () async throws -> Reply) async throws -> Reply {
        do { return try await body() } catch {
            if let error = error as? StorageError, error.isFatalToWriter {
                lifetime.end(because: error)
            }
            throw Fault(error)
        }
    }
}

// MARK: - Writing

extension KnowledgeHandlers {
    private func upsert(_ request: UpsertDocument, _ content: [UInt8]) async throws
        -> UpsertDocumentReply
    {
        let receipt = try await store.upsert(
            Document(request, content: content), in: request.collection)
        return UpsertDocumentReply(
            digest: receipt.digest, passageCount: receipt.passageCount,
            sequenceNumber: Int(receipt.sequence), unchanged: receipt.isUnchanged)
    }

    private func delete(_ request: DeleteDocument) async throws -> DeleteDocumentReply {
        let receipt = try await store.delete(document: request.documentID, in: request.collection)
        return DeleteDocumentReply(existed: receipt.existed, sequenceNumber: Int(receipt.sequence))
    }

    private func drop(_ request: DropCollection) async throws -> DropCollectionReply {
        let receipt = try await store.drop(collection: request.collection)
        return DropCollectionReply(
            documentCount: receipt.documentCount, sequenceNumber: Int(receipt.sequence))
    }
}

// MARK: - Reading

extension KnowledgeHandlers {
    /// A page: as many summaries as fit into a frame with room to spare.
    static let pageCountMax = 200

    private func list(_ request: ListDocuments) async throws -> ListDocumentsReply {
        let limit = request.limit == 0 ? Self.pageCountMax : min(request.limit, Self.pageCountMax)
        let documents = try await store.documents(
            in: request.collection, after: request.after, limit: limit + 1)
        return ListDocumentsReply(
            documents: documents.prefix(limit).map(Wire.DocumentSummary.init),
            isComplete: documents.count <= limit)
    }

    private func search(_ request: Search, within time: Duration) async throws -> SearchReply {
        let query = try SearchQuery(
            request.query, in: request.collections, limit: request.limit,
            sides: SearchSides(request))
        let answer = try await store.search(
            query, within: min(time, PassageStore.searchDurationMax))
        return SearchReply(passages: answer.hits.map(FoundPassage.init), plan: answer.plan)
    }

    private func fetch(_ request: FetchSource) async throws -> (FetchSourceReply, Attachment) {
        let end = request.byteEnd == 0 ? nil : request.byteEnd
        let (content, document) = try await store.source(
            of: request.documentID, in: request.collection, from: request.byteStart, to: end)
        let reply = FetchSourceReply(
            digest: document.digest, byteCount: document.byteCount, mediaType: document.mediaType)
        return (reply, Attachment(content))
    }

    /// Texts of one request: what the OpenAI interface takes at once.
    static let textCountMax = 2_048

    private func embeddings(of request: Embed) async throws -> (EmbedReply, Attachment) {
        guard (1...Self.textCountMax).contains(request.texts.count) else {
            throw KnowledgeError.invalidQuery("it must have 1 to \(Self.textCountMax) texts")
        }
        var vectors: [Float] = []
        var tokenCount = 0
        for start in stride(from: 0, to: request.texts.count, by: Embedder.batchCount) {
            try Task.checkCancellation()
            let end = min(start + Embedder.batchCount, request.texts.count)
            let batch = await embed(Array(request.texts[start..<end]))
            vectors += batch.vectors.elements
            tokenCount += batch.tokenCount
        }
        let reply = EmbedReply(dimension: store.embedder.dimension, tokenCount: tokenCount)
        return (reply, Attachment(floats: vectors))
    }
}
