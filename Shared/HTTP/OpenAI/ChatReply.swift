internal import JSON

/// The shapes of `/v1/chat/completions`: the whole answer, and the chunks of a streamed one.
struct ChatReply: Sendable {
    let id = "chatcmpl-" + RandomIdentifier.hex(byteCount: 12)
    let createdAt = UnixTime.now
    let model: String
    let withLogProbabilities: Bool
    let includesUsage: Bool

    init(_ request: ChatRequest) {
        model = request.generation.model
        withLogProbabilities = request.generation.alternativeCount != nil
        includesUsage = request.includesUsage
    }

    func whole(_ summary: GenerationSummary) -> JSONValue {
        let message: JSONValue = [
            "role": "assistant", "content": .string(summary.text), "refusal": nil,
            "annotations": [],
        ]
        let choice: JSONValue = [
            "index": 0, "message": message,
            "logprobs": withLogProbabilities ? LogProbabilities.chat(summary.tokens) : nil,
            "finish_reason": .optional(summary.ending?.reason.rawValue),
        ]
        var members = head("chat.completion") + [("choices", [choice])]
        if let ending = summary.ending {
            members.append(("usage", ending.usage.json))
            members += tail(ending.mesh)
        }
        return .members(members)
    }

    /// What an event adds to the stream: nothing, one chunk, or at the end two.
    func chunks(_ event: GenerationEvent) -> [JSONValue] {
        switch event {
        case .started: return [chunk(["role": "assistant", "content": ""])]
        case .token(let token):
            // A token that only holds bytes back has nothing to say, unless its probability was
            // asked for.
            let isListed = withLogProbabilities && !token.isEnd
            if token.text.isEmpty, !isListed { return [] }
            let logProbabilities = isListed ? LogProbabilities.chat([token]) : nil
            return [chunk(["content": .string(token.text)], logProbabilities: logProbabilities)]
        case .finished(let reason, let usage, let mesh):
            let last = chunk([:], reason: reason, extra: tail(mesh))
            guard includesUsage else { return [last] }
            let members = head("chat.completion.chunk") + [("choices", []), ("usage", usage.json)]
            return [last, .members(members)]
        }
    }

    private func chunk(
        _ delta: JSONValue, logProbabilities: JSONValue? = nil, reason: FinishReason? = nil,
        extra: [(String, JSONValue)] = []
    ) -> JSONValue {
        let choice: JSONValue = [
            "index": 0, "delta": delta, "logprobs": logProbabilities ?? nil,
            "finish_reason": .optional(reason?.rawValue),
        ]
        let usage: [(String, JSONValue)] = includesUsage ? [("usage", nil)] : []
        return .members(head("chat.completion.chunk") + [("choices", [choice])] + usage + extra)
    }

    private func head(_ object: String) -> [(String, JSONValue)] {
        [
            ("id", .string(id)), ("object", .string(object)), ("created", .integer(createdAt)),
            ("model", .string(model)),
        ]
    }

    private func tail(_ mesh: MeshReport?) -> [(String, JSONValue)] {
        guard let mesh else { return [] }
        return [("system_fingerprint", .string(mesh.revision)), ("mesh", mesh.json)]
    }
}
