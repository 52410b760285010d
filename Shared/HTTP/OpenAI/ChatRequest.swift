internal import JSON

/// `POST /v1/chat/completions`, as far as it is supported: a value of this type has been checked.
struct ChatRequest {
    var generation: GenerationRequest
    let isStream: Bool
    let includesUsage: Bool

    init(body: [UInt8]) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        let model = try fields.string("model")
        let turns = try Self.turns(fields.required("messages"))
        (isStream, includesUsage) = try fields.streaming()
        generation = GenerationRequest(
            model: model, prompt: .chat(turns), sampling: try fields.sampling(),
            tokenCountMax: try Self.tokenCountMax(&fields), stop: try fields.stop(),
            alternativeCount: try Self.alternativeCount(&fields), mesh: try fields.mesh())
        try Self.takeNeutral(&fields)
        try fields.end()
    }

    private static func tokenCountMax(_ fields: inout Fields) throws(FrontDoorError) -> Int? {
        let old = try fields.integer("max_tokens", in: 1 ... .max)
        let new = try fields.integer("max_completion_tokens", in: 1 ... .max)
        if let old, let new, old != new {
            throw .invalidValue("max_tokens", "contradicts 'max_completion_tokens'")
        }
        return new ?? old
    }

    private static func alternativeCount(_ fields: inout Fields) throws(FrontDoorError) -> Int? {
        let isWanted = try fields.bool("logprobs") ?? false
        let count = try fields.integer("top_logprobs", in: 0...Fields.alternativeCountMax)
        guard isWanted || count == nil else {
            throw .invalidValue("top_logprobs", "needs 'logprobs': true")
        }
        return isWanted ? count ?? 0 : nil
    }

    /// What official clients send although it asks for nothing.
    private static func takeNeutral(_ fields: inout Fields) throws(FrontDoorError) {
        _ = try fields.metadata()
        try fields.clientNames()
        try fields.neutralPenalties()
        try fields.accept("n", 1)
        try fields.accept("store", false)
        try fields.accept("tools", [])
        try fields.accept("tool_choice", "none", "auto")
        _ = try fields.bool("parallel_tool_calls")
        try fields.accept("response_format", ["type": "text"])
        try fields.accept("service_tier", "auto", "default")
        try fields.accept("modalities", ["text"])
    }

    private static func turns(_ value: JSONValue) throws(FrontDoorError) -> [ChatTurn] {
        guard let messages = value.array else { throw .wrongType("messages", "an array", value) }
        guard !messages.isEmpty else { throw .invalidValue("messages", "is empty") }
        var turns: [ChatTurn] = []
        for (index, message) in messages.enumerated() {
            turns.append(try turn(Fields(message, path: "messages[\(index)]")))
        }
        return turns
    }

    private static func turn(_ message: Fields) throws(FrontDoorError) -> ChatTurn {
        var fields = message
        let role = try fields.role()
        let content = try fields.required("content")
        // An assistant's message sent back as it was received has these, empty.
        if role == .assistant {
            try fields.accept("tool_calls", [])
            try fields.accept("annotations", [])
        }
        let turn = ChatTurn(
            role: role, content: try fields.text(content, "content", partTypes: ["text"]))
        try fields.end()
        return turn
    }
}

extension Fields {
    /// `developer` is the newer name of `system`.
    mutating func role() throws(FrontDoorError) -> ChatTurn.Role {
        let name = try string("role")
        guard let role = name == "developer" ? .system : ChatTurn.Role(rawValue: name) else {
            throw .unsupported(
                path(of: "role"), .string(name), only: ["system", "developer", "user", "assistant"])
        }
        return role
    }

    /// A message's content: a string, or parts that are all text.
    func text(_ content: JSONValue, _ name: String, partTypes: [String]) throws(FrontDoorError)
        -> String
    {
        if let text = content.string { return text }
        guard let parts = content.array else {
            throw .wrongType(path(of: name), "a string or an array of parts", content)
        }
        var text = ""
        for (index, part) in parts.enumerated() {
            text += try Self.text(
                ofPart: Fields(part, path: "\(path(of: name))[\(index)]"), partTypes)
        }
        return text
    }

    private static func text(ofPart part: Fields, _ types: [String]) throws(FrontDoorError)
        -> String
    {
        var fields = part
        let type = try fields.string("type")
        guard types.contains(type) else {
            throw .unsupported(
                fields.path(of: "type"), .string(type), only: types.map { .string($0) })
        }
        let text = try fields.string("text")
        // Parts of an earlier answer carry what was said about it.
        if type == "output_text" {
            _ = try fields.array("annotations")
            try fields.accept("logprobs", [])
        }
        try fields.end()
        return text
    }
}
