import Testing
import Wire

@Suite struct RoundTripTests {
    static let digest = (0..<32).map(UInt8.init)

    /// Every message with every field set, so that a field forgotten in either direction shows.
    static let messages: [any Message] = [
        Hello(
            role: .expertWorker, name: "worker-1", protocolVersionMin: 1, protocolVersionMax: 3,
            numericClass: "avx2-1", capacityBytes: 1 << 40, coreCount: 8,
            memoryBytesPerSecond: 50_000_000_000, host: "node-1", instance: 0x0102_0304_0506_0708),
        Ping(),
        Fault(
            code: .expertUnavailable, message: "gone", retryAfterMilliseconds: 250,
            artifact: digest),
        HoldArtifacts(digests: [digest, digest.reversed()]),
        HoldArtifactsReply(
            residentBytes: 1 << 33, failures: [.init(digest: digest, reason: "no such file")]),
        FetchArtifact(digest: digest, offset: 1 << 34, byteCount: 1 << 20),
        FetchArtifactReply(byteCount: 1 << 35),
        ExpertDispatch(
            rowCount: 4, hiddenSize: 576, activationType: .float32, reduction: .perChoice,
            groups: [
                .init(digest: digest, rows: [0, 3, 70_000], weights: [0.5, -1, .infinity]),
                .init(digest: digest.reversed(), rows: [], weights: []),
            ]),
        ExpertCombine(rowCount: 4, computeNanoseconds: 123_456_789_012), WorkerStatus(),
        WorkerStatusReply(inFlight: 2, residentBytes: 77),
        UpsertDocument(
            collection: "books", documentID: "d", title: "Überschrift 🐍",
            mediaType: "text/html",
            attributes: [.init(name: "author", value: "Ada")]),
        UpsertDocumentReply(digest: digest, passageCount: 3, sequenceNumber: 4, unchanged: true),
        DeleteDocument(collection: "c", documentID: "d"),
        DeleteDocumentReply(existed: true, sequenceNumber: 5),
        DropCollection(collection: "c"), DropCollectionReply(documentCount: 2, sequenceNumber: 6),
        ListDocuments(collection: "c", after: "b", limit: 10),
        ListDocumentsReply(
            documents: [
                .init(
                    documentID: "d", title: "t", mediaType: "text/plain", digest: digest,
                    byteCount: 1 << 34,
                    passageCount: 7, attributes: [.init(name: "", value: "nul\0inside")])
            ], isComplete: true),
        FetchSource(collection: "c", documentID: "d", byteStart: 1, byteEnd: 1 << 35),
        FetchSourceReply(digest: digest, byteCount: 9, mediaType: "text/plain"),
        Search(
            collections: ["a", "b"], query: "why", limit: 5, mode: .dense, lexicalWeight: 0.25,
            exact: true),
        SearchReply(
            passages: [
                .init(
                    collection: "a", documentID: "d", title: "t", digest: digest, byteStart: 10,
                    byteEnd: 20,
                    text: "line\nline", score: 1, lexicalScore: 2, denseScore: 3)
            ], plan: "exact scan"),
        Embed(texts: ["", "two"]), EmbedReply(dimension: 384, tokenCount: 12), Health(),
        HealthReply(ready: true, reasons: ["none"]), Drain(withinMilliseconds: 5000),
        DrainReply(neededCount: 3),
    ]

    @Test func `every message comes back as it was`() throws {
        for message in Self.messages { try check(message) }
    }

    private func check<M: Message>(_ message: M) throws {
        #expect(try M(decoding: message.encoded()) == message)
    }

    @Test func `every kind of message is tested here`() {
        #expect(Set(Self.messages.map { type(of: $0).kind }).count == MessageKind.allCases.count)
    }

    @Test func `a fault about no artifact stays one`() throws {
        let fault = Fault(code: .notFound, message: "")
        #expect(try Fault(decoding: fault.encoded()).artifact == [])
    }
}
