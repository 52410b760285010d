internal import JSON

/// The shapes of `/v1/completions`.
struct CompletionReply: Sendable {
    let id = "cmpl-" + RandomIdentifier.hex(byteCount: 12)
    let createdAt = UnixTime.now
    let model: String
    let withLogProbabilities: Bool
    let includesUsage: Bool

    init(_ request: CompletionRequest) {
        model = request.generation.model
        withLogProbabilities = request.generation.alternativeCount != nil
        includesUsage = request.includesUsage
    }

    func whole(_ summary: GenerationSummary) -> JSONValue {
        let choice = choice(
            summary.text, tokens: summary.tokens, offset: 0, reason: summary.ending?.reason)
        return object([choice], usage: summary.ending?.usage.json, mesh: summary.ending?.mesh)
    }

    /// - Parameter offset: Unicode scalars sent before.
    func chunks(_ event: GenerationEvent, offset: Int) -> [JSONValue] {
        switch event {
        case .started: return []
        case .token(let token):
            let isListed = withLogProbabilities && !token.isEnd
            if token.text.isEmpty, !isListed { return [] }
            let choice = choice(token.text, tokens: [token], offset: offset, reason: nil)
            return [object([choice], usage: includesUsage ? .null : nil)]
        case .finished(let reason, let usage, let mesh):
            let choice = choice("", tokens: [], offset: offset, reason: reason)
            let last = object([choice], usage: includesUsage ? .null : nil, mesh: mesh)
            return includesUsage ? [last, object([], usage: usage.json)] : [last]
        }
    }

    private func choice(
        _ text: String, tokens: [GeneratedToken], offset: Int, reason: FinishReason?
    ) -> JSONValue {
        let hasLogProbabilities = withLogProbabilities && !tokens.allSatisfy(\.isEnd)
        return [
            "text": .string(text), "index": 0,
            "logprobs": hasLogProbabilities
                ? LogProbabilities.completion(tokens, from: offset) : nil,
            "finish_reason": .optional(reason?.rawValue),
        ]
    }

    private func object(_ choices: [JSONValue], usage: JSONValue?, mesh: MeshReport? = nil)
        -> JSONValue
    {
        var members: [(String, JSONValue)] = [
            ("id", .string(id)), ("object", "text_completion"), ("created", .integer(createdAt)),
            ("model", .string(model)), ("choices", .array(choices)),
        ]
        if let usage { members.append(("usage", usage)) }
        if let mesh {
            members.append(("system_fingerprint", .string(mesh.revision)))
            members.append(("mesh", mesh.json))
        }
        return .members(members)
    }
}
