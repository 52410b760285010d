internal import HTTP
internal import Transport
internal import Wire

extension MeshEngine {
    /// The encoder that the knowledge-store runs.
    static let embeddingModel = "all-minilm-l6-v2"

    func embed(_ request: EmbeddingRequest) async throws -> EmbeddingReply {
        guard request.model == Self.embeddingModel else {
            throw FrontDoorError.notFound(
                what: "no such embedding model: \(request.model); this mesh serves "
                    + Self.embeddingModel,
                param: "model")
        }
        guard let knowledge else {
            throw FrontDoorError.unavailable(
                message:
                    "embeddings need a knowledge-store: start the router with --knowledge-store",
                retryAfter: .seconds(60))
        }
        let (reply, attachment) = try await knowledge.call(
            Embed(texts: request.inputs), within: limits.duration)
        guard request.dimension ?? reply.dimension == reply.dimension else {
            throw FrontDoorError.invalid(
                message: "\(Self.embeddingModel) has \(reply.dimension) dimensions",
                param: "dimensions")
        }
        let numbers = try attachment.floats(count: request.inputs.count * reply.dimension)
        let vectors = request.inputs.indices.map {
            Array(numbers[$0 * reply.dimension..<($0 + 1) * reply.dimension])
        }
        return EmbeddingReply(
            model: request.model, vectors: vectors, tokenCount: reply.tokenCount)
    }
}
