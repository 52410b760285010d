internal import HTTP
internal import Logging
internal import Transport
internal import Wire

/// Carries files into the knowledge-store, one after the other. What it owes stands in the catalog,
/// so a restart goes on where it stopped; every job ends `completed`, or `failed` with a reason.
actor Ingestor {
    private let catalog: Catalog
    private let knowledge: KnowledgeClient
    private let logger: Logger
    private var wakeups: AsyncStream<Void>.Continuation?

    /// For one document: parsing, embedding and a durable commit.
    private static let documentDuration = Duration.seconds(300)
    /// Before a store that could not be reached is asked again.
    private static let retryPause = Duration.milliseconds(500)

    init(catalog: Catalog, knowledge: KnowledgeClient, logger: Logger) {
        self.catalog = catalog
        self.knowledge = knowledge
        self.logger = logger
    }

    /// There is something new to do.
    func wake() { wakeups?.yield() }

    /// Works until the calling task is cancelled.
    func run() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        wakeups = continuation
        continuation.yield()
        for await _ in stream where await !finishAll() {
            guard (try? await Task.sleep(for: Self.retryPause)) != nil else { return }
            continuation.yield()
        }
    }

    /// False when the store could not be reached and there is still work.
    private func finishAll() async -> Bool {
        do {
            for key in try await catalog.unfinished() { try await ingest(key) }
            return true
        } catch {
            logger.warning("ingestion is waiting", metadata: ["reason": "\(error)"])
            return false
        }
    }

    /// - Throws: what may pass: the store is away or overloaded. What will not pass is a failed
    /// file.
    private func ingest(_ key: Catalog.AttachmentKey) async throws {
        guard let document = try await catalog.document(key.fileID) else { return }
        let request = UpsertDocument(
            collection: key.storeID, documentID: key.fileID, title: document.filename,
            mediaType: document.mediaType ?? MediaType.ofDocument(named: document.filename)
                ?? MediaType.plainText,
            attributes: [])
        do throws(FrontDoorError) {
            _ = try await knowledge.call(
                request, attachment: Attachment(document.content), within: Self.documentDuration)
            try await end(key, .completed, nil)
        } catch {
            guard error.isFinal else { throw error }
            try await end(key, .failed, "\(error)")
        }
    }

    private func end(
        _ key: Catalog.AttachmentKey, _ status: IngestionStatus, _ failure: String?
    ) async throws(FrontDoorError) {
        let isWanted: Bool
        do { isWanted = try await catalog.finish(key, status, failure: failure) } catch {
            throw .failed(message: "catalog: \(error)")
        }
        guard !isWanted else { return }
        let request = DeleteDocument(collection: key.storeID, documentID: key.fileID)
        _ = try await knowledge.call(request, within: Self.documentDuration)
    }
}

extension FrontDoorError {
    /// Whether asking again would end the same.
    fileprivate var isFinal: Bool {
        switch self {
        case .overloaded, .unavailable, .deadlineExceeded: false
        case .invalid, .notFound, .conflict, .tooLarge, .unprocessable, .failed: true
        }
    }
}
