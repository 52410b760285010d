/// What stands behind the front door: the two parts that a router supplies. The door speaks
/// OpenAI's dialect and knows no mesh.
public struct FrontDoor: Sendable {
    public let engine: any GenerationEngine
    /// Nil where no knowledge-store is configured: files, vector stores and `file_search` then
    /// answer 503.
    public let library: (any DocumentLibrary)?

    public init(engine: any GenerationEngine, library: (any DocumentLibrary)?) {
        self.engine = engine
        self.library = library
    }
}

/// Models at work. Every operation may throw `FrontDoorError`; anything else is answered 500 and
/// logged.
///
/// Before a stream is returned the request must be checked and admitted: what is thrown then
/// becomes an HTTP status; what a stream throws later can only end it. When the client goes away
/// the stream is dropped, and its `onTermination` tells the producer to stop.
public protocol GenerationEngine: Sendable {
    /// The models served now.
    func models() async throws -> [ModelDescription]

    /// Chat and plain completion: one sequence.
    func generate(_ request: GenerationRequest) async throws -> AsyncThrowingStream<
        GenerationEvent, any Error
    >

    /// One vector per input, in order.
    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingReply

    /// An answer that may be grounded in documents.
    func answer(_ request: AnswerRequest) async throws -> AsyncThrowingStream<
        AnswerEvent, any Error
    >
}

/// A model as clients list it.
public struct ModelDescription: Sendable, Equatable {
    public let id: String
    /// Seconds since 1970.
    public let createdAt: Int
    public let owner: String
    /// What is served of it: an immutable map from layer and expert to artifact.
    public let revision: String?

    public init(id: String, createdAt: Int, owner: String, revision: String? = nil) {
        (self.id, self.createdAt, self.owner, self.revision) = (id, createdAt, owner, revision)
    }
}
