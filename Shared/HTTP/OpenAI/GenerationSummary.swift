internal import JSON

/// A generation, gathered until it has finished.
struct GenerationSummary {
    let model: String
    private(set) var text = ""
    private(set) var tokens: [GeneratedToken] = []
    private(set) var ending: (reason: FinishReason, usage: Usage, mesh: MeshReport?)?

    init(model: String) { self.model = model }

    mutating func add(_ event: GenerationEvent) {
        switch event {
        case .started: break
        case .token(let token):
            text += token.text
            tokens.append(token)
        case .finished(let reason, let usage, let mesh): ending = (reason, usage, mesh)
        }
    }

    /// - Throws: when the stream ended without `finished`, which only a fault of ours can bring
    ///   about.
    static func gather(
        _ events: AsyncThrowingStream<GenerationEvent, any Error>, model: String
    ) async throws -> GenerationSummary {
        var summary = GenerationSummary(model: model)
        for try await event in events { summary.add(event) }
        try Task.checkCancellation()
        guard summary.ending != nil else {
            throw FrontDoorError.failed(message: "the generation ended without a result")
        }
        return summary
    }
}

extension Usage {
    var json: JSONValue {
        [
            "prompt_tokens": .integer(promptTokenCount),
            "completion_tokens": .integer(completionTokenCount),
            "total_tokens": .integer(promptTokenCount + completionTokenCount),
        ]
    }
}

extension MeshReport {
    var json: JSONValue {
        var members: [(String, JSONValue)] = [("revision", .string(revision))]
        if let support { members.append(("support", .string(support.rawValue))) }
        if !experts.isEmpty { members.append(("experts", .array(experts.map(\.json)))) }
        return .members(members)
    }
}

extension MeshReport.ExpertUse {
    fileprivate var json: JSONValue {
        [
            "layer": .integer(layer), "expert": .integer(expert),
            "workers": .array(workers.map { .string($0) }),
            "weight": .number(weight), "tokens": .integer(tokenCount),
        ]
    }
}
