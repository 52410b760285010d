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
    /// Of routers that share a catalog, one ingests.
    private var isLeading: Bool

    /// For one document: parsing, embedding and a durable commit.
    private static let documentDuration = Duration.seconds(300)
    /// Before a store that could not be reached is asked again.
    private static let retryPause = Duration.milliseconds(500)
    /// A document that a store has so often not answered for is what it does not get over.
    private static let attemptCountMax = 3
    /// Deadlines that passed and connections that broke, by document.
    private var attempts: [Catalog.AttachmentKey: Int] = [:]

    init(catalog: Catalog, knowledge: KnowledgeClient, logger: Logger) {
        self.catalog = catalog
        self.knowledge = knowledge
        self.logger = logger
        isLeading = !catalog.isShared
    }

    func lead(_ leads: Bool) { isLeading = leads }

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

    /// False when there is still work: the store could not be reached, or must be asked again.
    private func finishAll() async -> Bool {
        do {
            var isComplete = true
            for key in try await catalog.unfinished() {
                guard isLeading else { return true }
                isComplete = try await ingest(key) && isComplete
            }
            return isComplete
        } catch {
            logger.warning("ingestion is waiting", metadata: ["reason": "\(error)"])
            return false
        }
    }

    /// - Returns: Whether the file has ended; what will not pass is a failed file.
    /// - Throws: what may pass: the store or the catalog is away.
    private func ingest(_ key: Catalog.AttachmentKey) async throws -> Bool {
        guard let document = try await catalog.document(key.fileID) else {
            try await end(key, .failed, "the file was deleted meanwhile")
            return true
        }
        let request = UpsertDocument(
            collection: key.storeID, documentID: key.fileID, title: document.filename,
            mediaType: document.mediaType ?? MediaType.ofDocument(named: document.filename)
                ?? MediaType.plainText,
            attributes: [])
        let wasConnected = await knowledge.isConnected
        do throws(FrontDoorError) {
            _ = try await knowledge.call(
                request, attachment: Attachment(document.content), within: Self.documentDuration)
        } catch {
            guard error.isFinal || wasConnected && error.mayBeTheDocuments && isTried(key) else {
                if case .deadlineExceeded = error { return false }  // others meanwhile
                throw error
            }
            try await end(key, .failed, "\(error)")
            return true
        }
        try await end(key, .completed, nil)
        return true
    }

    /// Whether a document has been tried as often as it may be.
    private func isTried(_ key: Catalog.AttachmentKey) -> Bool {
        attempts[key, default: 0] += 1
        return attempts[key, default: 0] >= Self.attemptCountMax
    }

    private func end(
        _ key: Catalog.AttachmentKey, _ status: IngestionStatus, _ failure: String?
    ) async throws(FrontDoorError) {
        attempts[key] = nil
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

    /// Whether it can be the document that the store does not get over, and not the store.
    fileprivate var mayBeTheDocuments: Bool {
        switch self {
        case .unavailable, .deadlineExceeded: true
        default: false
        }
    }
}
