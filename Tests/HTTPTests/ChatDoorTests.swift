@testable import HTTP
import JSON
import NIOCore
import Testing

private func chat(_ content: String, _ extra: String = "") -> String {
    #"{"model":"echo","messages":[{"role":"user","content":"\#(content)"}]\#(extra)}"#
}

@Suite struct ChatDoorTests {
    @Test func `a chat answer is whole, with usage and what the mesh tells`() async throws {
        try await withDoor { client in
            let reply = try await client.send(
                "POST", "/v1/chat/completions", chat("one two", #","mesh":{"routing":true}"#))
            let json = try reply.json
            #expect(reply.status == 200)
            #expect(json["object"] == "chat.completion")
            #expect(json["choices"]?[0]?["message"]?["content"] == "one two")
            #expect(json["choices"]?[0]?["logprobs"] == .null)
            #expect(
                json["usage"] == ["prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4])
            #expect(json["system_fingerprint"] == "r1")
            #expect(
                json["mesh"] == [
                    "revision": "r1",
                    "experts": [
                        ["layer": 0, "expert": 3, "workers": ["w1"], "weight": 0.5, "tokens": 2]
                    ],
                ])
        }
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/completions", "/v1/responses"])
    func `a header may name the revision that is to answer`(path: String) async throws {
        let body =
            switch path {
            case "/v1/completions": #"{"model":"echo","prompt":"hi"}"#
            case "/v1/responses": #"{"model":"echo","input":"hi"}"#
            default: chat("hi")
            }
        try await withDoor { client in
            let named = try await client.send(
                "POST", path, body, headers: "x-mesh-revision: 12\r\n")
            #expect(try named.json["mesh"]?["revision"] == "r12")
            for wrong in ["0", "-1", "two", "1.5", ""] {
                let reply = try await client.send(
                    "POST", path, body, headers: "X-Mesh-Revision: \(wrong)\r\n")
                #expect(reply.status == 400)
                #expect(try reply.json["error"]?["param"] == "X-Mesh-Revision")
            }
        }
    }

    @Test func `a stream begins with the role, ends with the reason, the usage and DONE`()
        async throws
    {
        try await withDoor { client in
            let extra = #","stream":true,"stream_options":{"include_usage":true}"#
            let reply = try await client.send(
                "POST", "/v1/chat/completions", chat("one two", extra))
            #expect(reply.head.contains("content-type: text/event-stream"))
            #expect(reply.body.hasSuffix("data: [DONE]\n\n"))
            let events = try reply.events
            let deltas = events.map { $0["choices"]?[0]?["delta"] }
            #expect(
                deltas == [
                    ["role": "assistant", "content": ""], ["content": "one"], ["content": " two"],
                    [:], nil,
                ])
            #expect(events[3]["choices"]?[0]?["finish_reason"] == "stop")
            #expect(events[4]["choices"] == [])
            #expect(events[4]["usage"]?["total_tokens"] == 4)
            #expect(events.prefix(4).allSatisfy { $0["usage"] == .null })
            #expect(Set(events.map { $0["id"] }).count == 1)
        }
    }

    @Test func `log probabilities come with each token and its alternatives`() async throws {
        try await withDoor { client in
            let extra = #","logprobs":true,"top_logprobs":2"#
            let reply = try await client.send("POST", "/v1/chat/completions", chat("é", extra))
            let entry = try reply.json["choices"]?[0]?["logprobs"]?["content"]?[0]
            #expect(entry?["token"] == "é")
            #expect(entry?["bytes"] == [0xC3, 0xA9])
            #expect(entry?["logprob"] == -0.5)
            #expect(entry?["top_logprobs"]?.array?.count == 2)
        }
    }

    @Test(arguments: ["chat/completions", "completions"])
    func `the token that ends the answer is in no list of tokens`(path: String) async throws {
        let ask = path == "completions" ? #"{"model":"echo","prompt":"one two","logprobs":1"#
            : String(chat("one two", #","logprobs":true"#).dropLast())
        let list = path == "completions" ? "tokens" : "content"
        try await withDoor { client in
            let whole = try await client.send("POST", "/v1/" + path, ask + "}").json
            #expect(whole["choices"]?[0]?["logprobs"]?[list]?.array?.count == 2)
            #expect(!whole.description.contains("im_end"))
            let stream = try await client.send("POST", "/v1/" + path, ask + #","stream":true}"#)
            let lists = try stream.events.map { $0["choices"]?[0]?["logprobs"] ?? .null }
            #expect(lists.filter { $0 != .null }.map { $0[list]?.array?.count } == [1, 1])
            #expect(!stream.body.contains("im_end"))
        }
    }

    @Test func `text that the end releases leaves without a place in the list`() throws {
        let token = EchoEngine.end(releasing: "held", 0)
        let body = chat("a", #","logprobs":true"#)
        let chunks = try ChatReply(ChatRequest(body: Array(body.utf8))).chunks(.token(token))
        #expect(chunks.map { $0["choices"]?[0]?["delta"]?["content"] } == ["held"])
        #expect(chunks.map { $0["choices"]?[0]?["logprobs"] } == [.null])
    }

    @Test(arguments: [true, false])
    func `what is refused before the first token has its status, streamed or not`(isStream: Bool)
        async throws
    {
        try await withDoor { client in
            let extra = isStream ? #","stream":true"# : ""
            let busy = try await client.send(
                "POST", "/v1/chat/completions", chat("overload", extra))
            #expect(busy.status == 429)
            #expect(busy.head.contains("retry-after: 2\r\nretry-after-ms: 1500"))
            let lost = try await client.send(
                "POST", "/v1/chat/completions", chat("unavailable", extra))
            #expect(lost.status == 503)
            #expect(try lost.json["error"]?["message"] == "layer 3 expert 7 has no live replica")
        }
    }

    @Test func `what fails in the middle of a stream is an event, and no DONE follows`()
        async throws
    {
        try await withDoor { client in
            let reply = try await client.send(
                "POST", "/v1/chat/completions", chat("a break b", #","stream":true"#))
            let last = try reply.events.last
            #expect(last?["error"]?["code"] == "deadline_exceeded")
            #expect(!reply.body.contains("[DONE]"))
            let whole = try await client.send("POST", "/v1/chat/completions", chat("a break b"))
            #expect(whole.status == 504)
        }
    }

    @Test func `a client that hangs up in the middle of a stream stops the generation`()
        async throws
    {
        let (stopped, stop) = AsyncStream<Never>.makeStream()
        try await withDoor(EchoEngine(stopped: stop)) { client in
            try await client.connected { inbound, outbound in
                let body = chat("endless", #","stream":true"#)
                let head =
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                    + "content-length: \(body.utf8.count)\r\n\r\n"
                try await outbound.write(ByteBuffer(string: head + body))
                var seen = ""
                for try await bytes in inbound {
                    seen += String(buffer: bytes)
                    if seen.contains(#""content":"on""#) { break }
                }
            }
            for await _ in stopped {}
        }
    }

    @Test func `a client that hangs up while it waits for a whole answer stops the generation`()
        async throws
    {
        let (stopped, stop) = AsyncStream<Never>.makeStream()
        try await withDoor(EchoEngine(stopped: stop)) { client in
            try await client.connected { _, outbound in
                let body = chat("endless")
                let head =
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                    + "content-length: \(body.utf8.count)\r\n\r\n"
                try await outbound.write(ByteBuffer(string: head + body))
            }
            for await _ in stopped {}
        }
    }

    @Test func `a completion streams its text and its offsets`() async throws {
        try await withDoor { client in
            let body = #"{"model":"echo","prompt":"é b","logprobs":1,"stream":true}"#
            let events = try await client.send("POST", "/v1/completions", body).events
            #expect(events.map { $0["choices"]?[0]?["text"] } == ["é", " b", ""])
            #expect(events[1]["choices"]?[0]?["logprobs"]?["text_offset"] == [1])
            #expect(events[2]["choices"]?[0]?["finish_reason"] == "stop")
        }
    }

    @Test func `an unknown model is 404, an unknown field 400, bad JSON 400`() async throws {
        try await withDoor { client in
            let model = try await client.send("GET", "/v1/models/none")
            #expect(model.status == 404)
            let field = try await client.send("POST", "/v1/chat/completions", chat("a", #","x":1"#))
            #expect(field.status == 400)
            #expect(try field.json["error"]?["param"] == "x")
            let json = try await client.send("POST", "/v1/chat/completions", "{")
            #expect(json.status == 400)
            #expect(try json.json["error"]?["code"] == "invalid_json")
        }
    }
}
