import JSON
import Testing

@Suite struct AnswerDoorTests {
    private static let ask =
        #"{"model":"echo","input":"why so","#
        + #""tools":[{"type":"file_search","vector_store_ids":["vs_1"]}],"#
        + #""include":["file_search_call.results"],"metadata":{"k":"v"}"#

    @Test func `events come in the official order, numbered`() async throws {
        try await withDoor { client in
            let reply = try await client.send(
                "POST", "/v1/responses", Self.ask + #","stream":true}"#)
            let events = try reply.events
            #expect(
                events.map { $0["type"]?.string } == [
                    "response.created", "response.in_progress",
                    "response.output_item.added", "response.file_search_call.in_progress",
                    "response.file_search_call.searching", "response.file_search_call.completed",
                    "response.output_item.done",
                    "response.output_item.added", "response.content_part.added",
                    "response.output_text.delta", "response.output_text.delta",
                    "response.output_text.annotation.added", "response.output_text.done",
                    "response.content_part.done", "response.output_item.done", "response.completed",
                ])
            #expect(events.map { $0["sequence_number"] } == (0..<events.count).map { .integer($0) })
            #expect(reply.body.contains("event: response.created\ndata: {"))
        }
    }

    @Test func `the streamed response equals the whole one`() async throws {
        try await withDoor { client in
            let events = try await client.send(
                "POST", "/v1/responses", Self.ask + #","stream":true}"#
            ).events
            let whole = try await client.send("POST", "/v1/responses", Self.ask + "}").json
            let streamed = events.last?["response"]
            for name in ["status", "usage", "mesh", "metadata", "tools", "incomplete_details"] {
                #expect(streamed?[name] == whole[name])
            }
            #expect(whole["output"]?[0]?["results"] == streamed?["output"]?[0]?["results"])
            #expect(whole["output"]?[1]?["content"] == streamed?["output"]?[1]?["content"])
            #expect(whole["mesh"]?["support"] == "supported")
            let citation = whole["output"]?[1]?["content"]?[0]?["annotations"]?[0]
            #expect(citation?["file_id"] == "file-1")
            #expect(citation?["mesh"] == ["byte_start": 2, "byte_end": 9, "digest": "ab12"])
        }
    }

    @Test func `an answer cut by its limit is incomplete`() async throws {
        try await withDoor { client in
            let body = #"{"model":"echo","input":"a b c","max_output_tokens":2}"#
            let json = try await client.send("POST", "/v1/responses", body).json
            #expect(json["status"] == "incomplete")
            #expect(json["incomplete_details"] == ["reason": "max_output_tokens"])
            #expect(json["output"]?[0]?["content"]?[0]?["text"] == "a b")
        }
    }

    @Test func `without a knowledge-store files and searches are 503, and say why`() async throws {
        try await withDoor(library: nil) { client in
            for reply in [
                try await client.send("GET", "/v1/files"),
                try await client.send("POST", "/v1/responses", Self.ask + "}"),
            ] {
                #expect(reply.status == 503)
                #expect(
                    try reply.json["error"]?["message"]?.string?.contains("knowledge-store") == true
                )
            }
        }
    }
}
