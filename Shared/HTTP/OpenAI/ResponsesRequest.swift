internal import JSON

/// `POST /v1/responses`, as far as it is supported.
struct ResponsesRequest {
    var answer: AnswerRequest
    let isStream: Bool
    /// The passages found are wanted, not only the fact of the search.
    let includesResults: Bool
    /// Sent back in the response as they came.
    let echo: Echo

    struct Echo {
        let tools: JSONValue
        let toolChoice: JSONValue
        let metadata: [String: String]
        let parallelToolCalls: Bool
    }

    init(body: [UInt8]) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        let model = try fields.string("model")
        let turns = try InputItems.turns(fields.required("input"))
        let tools = try fields.array("tools") ?? []
        let choice = fields.take("tool_choice") ?? "auto"
        answer = AnswerRequest(
            model: model, instructions: try fields.optionalString("instructions"), turns: turns,
            fileSearch: try Self.fileSearch(tools, choice), sampling: try fields.sampling(),
            tokenCountMax: try fields.integer("max_output_tokens", in: 1 ... .max),
            mesh: try fields.mesh())
        isStream = try fields.streaming().isStream
        includesResults = try Self.includesResults(&fields)
        echo = Echo(
            tools: .array(tools), toolChoice: choice, metadata: try fields.metadata() ?? [:],
            parallelToolCalls: try fields.bool("parallel_tool_calls") ?? true)
        try Self.takeNeutral(&fields)
        try fields.end()
    }

    private static func takeNeutral(_ fields: inout Fields) throws(FrontDoorError) {
        try fields.clientNames()
        try fields.accept("store", false)
        try fields.accept("background", false)
        try fields.accept("truncation", "disabled")
        try fields.accept("service_tier", "auto", "default")
        try fields.accept("top_logprobs", 0)
        try fields.accept("text", [:], ["format": ["type": "text"]])
        _ = try fields.integer("max_tool_calls", in: 1 ... .max)
        if fields.take("previous_response_id") != nil {
            throw .unsupportedParameter(
                "previous_response_id", "responses are not stored; send the conversation as 'input'"
            )
        }
    }

    private static func includesResults(_ fields: inout Fields) throws(FrontDoorError) -> Bool {
        let names = try fields.strings("include") ?? []
        for (index, name) in names.enumerated() where name != "file_search_call.results" {
            throw .unsupported(
                "include[\(index)]", .string(name), only: ["file_search_call.results"])
        }
        return !names.isEmpty
    }

    // MARK: Tools

    private static func fileSearch(
        _ tools: [JSONValue], _ choice: JSONValue
    ) throws(FrontDoorError) -> AnswerRequest.FileSearch? {
        guard tools.count <= 1 else {
            throw .invalidValue("tools", "may hold one tool, of type 'file_search'")
        }
        let search = try tools.first.map { tool throws(FrontDoorError) in
            try fileSearch(Fields(tool, path: "tools[0]"))
        }
        let choices: [JSONValue] = ["auto", "none", "required", ["type": "file_search"]]
        guard choices.contains(choice) else {
            throw .unsupported("tool_choice", choice, only: choices)
        }
        return choice == "none" ? nil : search
    }

    private static func fileSearch(_ tool: Fields) throws(FrontDoorError)
        -> AnswerRequest.FileSearch
    {
        var fields = tool
        let type = try fields.string("type")
        guard type == "file_search" else {
            throw .unsupported(fields.path(of: "type"), .string(type), only: ["file_search"])
        }
        let path = fields.path(of: "vector_store_ids")
        let stores = try fields.strings("vector_store_ids") ?? []
        guard !stores.isEmpty else {
            throw .invalidValue(path, "must name at least one vector store")
        }
        let limit = try fields.integer("max_num_results", in: 1...SearchFields.limitMax)
        let scoreMin = try SearchFields.scoreMin(&fields)
        try SearchFields.refuseFilters(&fields)
        try fields.end()
        return AnswerRequest.FileSearch(
            vectorStoreIDs: stores, limit: limit ?? SearchFields.answerLimitDefault,
            scoreMin: scoreMin)
    }
}

/// `input` of a response: a string, or the items of a conversation.
enum InputItems {
    static func turns(_ input: JSONValue) throws(FrontDoorError) -> [ChatTurn] {
        if let text = input.string { return [ChatTurn(role: .user, content: text)] }
        guard let items = input.array else {
            throw .wrongType("input", "a string or an array", input)
        }
        var turns: [ChatTurn] = []
        for (index, item) in items.enumerated() {
            let turn = try turn(Fields(item, path: "input[\(index)]"))
            if let turn { turns.append(turn) }
        }
        guard !turns.isEmpty else { throw .invalidValue("input", "holds no message") }
        return turns
    }

    /// Nil for an earlier search, which clients send back with the rest of an earlier output: its
    /// result is in the answer that followed it.
    private static func turn(_ item: Fields) throws(FrontDoorError) -> ChatTurn? {
        var fields = item
        let type = try fields.optionalString("type") ?? "message"
        _ = try fields.optionalString("id")
        _ = try fields.optionalString("status")
        switch type {
        case "message":
            let role = try fields.role()
            let content = try fields.text(
                fields.required("content"), "content", partTypes: ["input_text", "output_text"])
            try fields.end()
            return ChatTurn(role: role, content: content)
        case "file_search_call":
            _ = try fields.strings("queries")
            _ = try fields.array("results")
            try fields.end()
            return nil
        default:
            throw .unsupported(
                fields.path(of: "type"), .string(type), only: ["message", "file_search_call"])
        }
    }
}

/// What `file_search` and a vector store's own search have in common.
enum SearchFields {
    static let limitMax = 50
    static let limitDefault = 10
    /// Fewer than a search shows: each passage is read by the model before it answers.
    static let answerLimitDefault = 3

    static func scoreMin(_ fields: inout Fields) throws(FrontDoorError) -> Double {
        guard var options = try fields.object("ranking_options") else { return 0 }
        try options.accept("ranker", "auto", "none", "default-2024-11-15")
        let score = try options.number("score_threshold", in: 0...1)
        try options.end()
        return score ?? 0
    }

    static func refuseFilters(_ fields: inout Fields) throws(FrontDoorError) {
        guard fields.take("filters") == nil else {
            throw .unsupportedParameter(
                fields.path(of: "filters"),
                "keep documents that must not mix in vector stores of their own")
        }
    }
}
