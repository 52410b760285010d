internal import JSON

/// Builds the response object of `/v1/responses` and the events that lead to it, in the order that
/// clients rely on. A state machine: answer events in, named events out; what is sent at once and
/// what is streamed come from the same state.
struct ResponseComposer {
    typealias Event = (name: String, body: JSONValue)

    let id = "resp_" + RandomIdentifier.hex(byteCount: 16)
    private let searchID = "fs_" + RandomIdentifier.hex(byteCount: 16)
    private let messageID = "msg_" + RandomIdentifier.hex(byteCount: 16)
    private let createdAt = UnixTime.now
    private let request: ResponsesRequest

    private var sequenceNumber = 0
    private var queries: [String] = []
    private var passages: [FoundPassage]?
    private var isMessageOpen = false
    private var text = ""
    private var citations: [Citation] = []
    private var ending: (reason: FinishReason, usage: Usage, mesh: MeshReport?)?

    init(_ request: ResponsesRequest) { self.request = request }

    var isFinished: Bool { ending != nil }

    mutating func add(_ event: AnswerEvent) -> [Event] {
        switch event {
        case .started:
            return [whole("response.created"), whole("response.in_progress")]
        case .searching(let queries):
            self.queries = queries
            return beginSearch()
        case .passages(let passages):
            self.passages = passages
            return endSearch()
        case .text(let delta): return openMessage() + append(delta)
        case .citations(let citations): return openMessage() + cite(citations)
        case .finished(let reason, let usage, let mesh):
            let opening = openMessage()
            ending = (reason, usage, mesh)
            let name = reason == .length ? "response.incomplete" : "response.completed"
            return opening + closeMessage() + [whole(name)]
        }
    }

    /// The last event of an answer that failed after it had begun.
    mutating func fail(_ error: ErrorBody) -> [Event] {
        let failure: JSONValue = [
            "code": .string(error.code ?? error.type), "message": .string(error.message),
        ]
        return [event("response.failed", [("response", object(status: "failed", error: failure))])]
    }

    // MARK: Search

    private mutating func beginSearch() -> [Event] {
        let place = [("output_index", JSONValue.integer(0)), ("item_id", .string(searchID))]
        return [
            event(
                "response.output_item.added",
                [("output_index", 0), ("item", searchItem("in_progress"))]),
            event("response.file_search_call.in_progress", place),
            event("response.file_search_call.searching", place),
        ]
    }

    private mutating func endSearch() -> [Event] {
        let place = [("output_index", JSONValue.integer(0)), ("item_id", .string(searchID))]
        return [
            event("response.file_search_call.completed", place),
            event(
                "response.output_item.done",
                [("output_index", 0), ("item", searchItem("completed"))]),
        ]
    }

    private func searchItem(_ status: String) -> JSONValue {
        let results = request.includesResults ? passages.map { $0.map(\.resultJSON) } : nil
        return [
            "id": .string(searchID), "type": "file_search_call", "status": .string(status),
            "queries": .array(queries.map { .string($0) }),
            "results": results.map { .array($0) } ?? .null,
        ]
    }

    // MARK: Message

    /// The message follows the search, where there was one.
    private var messageIndex: JSONValue { .integer(passages == nil ? 0 : 1) }

    private var textPlace: [(String, JSONValue)] {
        [("item_id", .string(messageID)), ("output_index", messageIndex), ("content_index", 0)]
    }

    private mutating func openMessage() -> [Event] {
        guard !isMessageOpen else { return [] }
        isMessageOpen = true
        let item: JSONValue = [
            "id": .string(messageID), "type": "message", "status": "in_progress",
            "role": "assistant",
            "content": [],
        ]
        return [
            event("response.output_item.added", [("output_index", messageIndex), ("item", item)]),
            event("response.content_part.added", textPlace + [("part", part)]),
        ]
    }

    private mutating func append(_ delta: String) -> [Event] {
        guard !delta.isEmpty else { return [] }
        text += delta
        return [
            event(
                "response.output_text.delta",
                textPlace + [("delta", .string(delta)), ("logprobs", [])])
        ]
    }

    private mutating func cite(_ new: [Citation]) -> [Event] {
        var events: [Event] = []
        for citation in new {
            let place = textPlace + [("annotation_index", .integer(citations.count))]
            citations.append(citation)
            events.append(
                event(
                    "response.output_text.annotation.added", place + [("annotation", citation.json)]
                ))
        }
        return events
    }

    private mutating func closeMessage() -> [Event] {
        [
            event(
                "response.output_text.done",
                textPlace + [("text", .string(text)), ("logprobs", [])]),
            event("response.content_part.done", textPlace + [("part", part)]),
            event(
                "response.output_item.done",
                [("output_index", messageIndex), ("item", messageItem)]),
        ]
    }

    private var part: JSONValue {
        [
            "type": "output_text", "text": .string(text),
            "annotations": .array(citations.map(\.json)), "logprobs": [],
        ]
    }

    private var messageItem: JSONValue {
        let status = ending?.reason == .length ? "incomplete" : "completed"
        return [
            "id": .string(messageID), "type": "message", "status": .string(status),
            "role": "assistant",
            "content": [part],
        ]
    }

    // MARK: The whole

    private mutating func event(_ name: String, _ members: [(String, JSONValue)]) -> Event {
        defer { sequenceNumber += 1 }
        let all =
            [("type", JSONValue.string(name)), ("sequence_number", .integer(sequenceNumber))]
            + members
        return (name, .members(all))
    }

    private mutating func whole(_ name: String) -> Event { event(name, [("response", response)]) }

    /// The response object as it stands.
    var response: JSONValue {
        guard let ending else { return object(status: "in_progress", error: nil) }
        return object(status: ending.reason == .length ? "incomplete" : "completed", error: nil)
    }

    private func object(status: String, error: JSONValue) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(id)), ("object", "response"), ("created_at", .integer(createdAt)),
            ("status", .string(status)), ("background", false), ("error", error),
            ("incomplete_details", status == "incomplete" ? ["reason": "max_output_tokens"] : nil),
            ("model", .string(request.answer.model)), ("output", .array(output)),
        ]
        members += echo
        if let ending {
            members.append(("usage", ending.usage.responseJSON))
            if let mesh = ending.mesh { members.append(("mesh", mesh.json)) }
        }
        return .members(members)
    }

    private var output: [JSONValue] {
        guard ending != nil else { return [] }
        return (passages == nil ? [] : [searchItem("completed")]) + [messageItem]
    }

    private var echo: [(String, JSONValue)] {
        let answer = request.answer
        let metadata = request.echo.metadata.sorted { $0.key < $1.key }
        return [
            ("instructions", .optional(answer.instructions)),
            ("max_output_tokens", .optional(answer.tokenCountMax)),
            ("parallel_tool_calls", .bool(request.echo.parallelToolCalls)),
            ("previous_response_id", nil), ("store", false),
            ("temperature", .number(answer.sampling.temperature)),
            ("top_p", .number(answer.sampling.topP)),
            ("text", ["format": ["type": "text"]]), ("tool_choice", request.echo.toolChoice),
            ("tools", request.echo.tools), ("truncation", "disabled"),
            ("metadata", .members(metadata.map { ($0.key, .string($0.value)) })),
        ]
    }
}
