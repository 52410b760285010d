internal import JSON

/// `POST /v1/completions`, as far as it is supported.
struct CompletionRequest {
    /// What OpenAI takes when the client does not say.
    private static let tokenCountDefault = 16

    var generation: GenerationRequest
    let isStream: Bool
    let includesUsage: Bool

    init(body: [UInt8]) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        let model = try fields.string("model")
        let prompt = try Self.prompt(fields.required("prompt"))
        (isStream, includesUsage) = try fields.streaming()
        generation = GenerationRequest(
            model: model, prompt: prompt, sampling: try fields.sampling(),
            tokenCountMax: try fields.integer("max_tokens", in: 1 ... .max)
                ?? Self.tokenCountDefault,
            stop: try fields.stop(),
            alternativeCount: try fields.integer("logprobs", in: 0...Fields.alternativeCountMax),
            mesh: try fields.mesh())
        try fields.neutralPenalties()
        try fields.clientNames()
        try fields.accept("n", 1)
        try fields.accept("best_of", 1)
        try fields.accept("echo", false)
        try fields.accept("suffix", "")
        try fields.end()
    }

    /// A text, or token ids; either may come as a list of one.
    private static func prompt(_ value: JSONValue) throws(FrontDoorError)
        -> GenerationRequest.Prompt
    {
        if let text = value.string { return .text(text) }
        guard let elements = value.array else {
            throw .wrongType("prompt", "a string or an array of token ids", value)
        }
        switch elements.first {
        case nil: throw .invalidValue("prompt", "is empty")
        case .integer: return .tokens(try tokens(elements))
        case .string, .array:
            guard elements.count == 1 else {
                throw .invalid(
                    message: "'prompt' holds \(elements.count) prompts; send one request for each",
                    param: "prompt", code: "unsupported_value")
            }
            return try prompt(elements[0])
        case let element?: throw .wrongType("prompt[0]", "a string or a token id", element)
        }
    }

    private static func tokens(_ elements: [JSONValue]) throws(FrontDoorError) -> [Int32] {
        var tokens: [Int32] = []
        for (index, element) in elements.enumerated() {
            guard let id = element.integer, id >= 0, let token = Int32(exactly: id) else {
                throw .wrongType("prompt[\(index)]", "a token id", element)
            }
            tokens.append(token)
        }
        return tokens
    }
}
