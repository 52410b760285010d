internal import HTTP
internal import JSON
internal import Testing

@testable internal import MeshCtl

@Suite struct ClientTests {
    @Test func `events are cut from bytes however they arrive`() {
        let text = "event: a\ndata: {\"x\":1}\n\n: note\ndata:{\"y\":\"é\"}\r\n\r\ndata: [DONE]\n\n"
        for size in 1...text.utf8.count {
            var events = ServerSentEvents()
            var found: [String] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                found += events.feed(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(found == ["{\"x\":1}", "{\"y\":\"é\"}"])
        }
    }

    @Test func `a form holds its fields and a file whose name cannot end the header`() {
        var form = MultipartForm()
        form.add("purpose", "assistants")
        form.add("file", file: "a\"b\r\n.md", mediaType: "text/markdown", content: [1, 2])
        form.close()
        let text = String(decoding: form.body, as: UTF8.self)
        let parts = text.split(
            separator: "--meshctl-6f1d9a3c5e7b2840", omittingEmptySubsequences: false)
        #expect(parts.count == 4)
        #expect(
            parts[1] == "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n"
        )
        #expect(
            parts[2].contains("filename=\"a%22b%0A.md\"\r\nContent-Type: text/markdown\r\n\r\n"))
        #expect(parts[3] == "--\r\n")
    }

    @Test func `a reply is read to its end, a refusal says what the server said`() async throws {
        try await withServer([
            Route("GET", "/ok") { _ in .json(["value": 42]) },
            Route("POST", "/echo") { .json(["length": .integer($0.body.count)]) },
            Route("GET", "/no") { _ in
                .json(["error": ["message": "no such thing", "param": "model"]], status: 404)
            },
        ]) { client in
            #expect(try await client.get("/ok")["value"]?.integer == 42)
            let answer = try await client.post("/echo", ["text": "1234"])
            #expect(answer["length"]?.integer == 15)
            let error = await #expect(throws: MeshCtlError.self) { try await client.get("/no") }
            #expect(error?.description == "refused (404): no such thing [model]")
        }
    }

    @Test func `a thing is there, is not there, or cannot be asked for`() async throws {
        try await withServer([
            Route("GET", "/there") { _ in .json([:]) },
            Route("GET", "/broken") { _ in .json(["error": ["message": "no"]], status: 500) },
            Route("PUT", "/bytes") { request in
                guard request.body == [0, 255, 10] else { return .json([:], status: 400) }
                return .json([:])
            },
        ]) { client in
            #expect(try await client.exists("/there"))
            #expect(try await !client.exists("/elsewhere"))
            await #expect(throws: MeshCtlError.self) { try await client.exists("/broken") }
            try await client.put("/bytes", [0, 255, 10], within: .seconds(5))
        }
    }

    @Test func `an unused port is unreachable and says what to do`() async throws {
        let client = try MeshClient(url: "http://127.0.0.1:1")
        let error = await #expect(throws: MeshCtlError.self) { try await client.get("/ok") }
        #expect(error?.description.contains("`meshctl status`") == true)
    }

    @Test(arguments: ["ftp://a:1", "localhost", "http://a:0", "http://a:x", "http://a:99999"])
    func `an address without host or port is refused`(url: String) {
        #expect(throws: MeshCtlError.self) { try HTTPClient(url: url) }
    }
}

@Suite struct AnswerTests {
    static let response: JSONValue = [
        "output": [
            [
                "type": "file_search_call",
                "results": [
                    passage("a", "a.md", 0, 10, "Not this."),
                    passage("b", "b.md", 512, 530, "A header has\n 32 bytes."),
                ],
            ],
            [
                "type": "message",
                "content": [
                    [
                        "text": "32 bytes [2]",
                        "annotations": [
                            passage("b", "b.md", 512, 530, ""), passage("b", "b.md", 512, 530, ""),
                        ],
                    ]
                ],
            ],
        ],
        "mesh": [
            "support": "supported",
            "experts": [
                ["layer": 3, "expert": 9, "workers": ["w-2"], "weight": 1.5, "tokens": 4],
                ["layer": 3, "expert": 1, "workers": ["w-1", "w-2"], "weight": 2.5, "tokens": 6],
            ],
        ],
    ]

    static func passage(_ file: String, _ name: String, _ start: Int, _ end: Int, _ text: String)
        -> JSONValue
    {
        [
            "file_id": .string(file), "filename": .string(name), "text": .string(text),
            "mesh": ["byte_start": .integer(start), "byte_end": .integer(end)],
        ]
    }

    @Test func `a cited passage is shown once, by the number that the answer uses`() {
        let answer = Answer(Self.response)
        #expect(answer.text == "32 bytes [2]")
        let lines = answer.lines(withExperts: false)
        #expect(
            lines
                == ["  support: supported", "  [2] b.md, bytes 512–530: “A header has 32 bytes.”"])
    }

    @Test func `experts are summed up by the workers that computed them, the heaviest named`() {
        let lines = Answer(Self.response).lines(withExperts: true)
        #expect(
            lines[2...] == [
                "  computed by 2 experts in 1 layers:",
                "          6 rows  w-1 and w-2",
                "          4 rows  w-2",
                "  of these the heaviest:",
                "    layer 3, expert 1: 6 rows, weight 2.5, w-1 and w-2",
                "    layer 3, expert 9: 4 rows, weight 1.5, w-2",
            ])
    }

    @Test func `an answer that fails under way says its own code, whatever the status was`() {
        let event: JSONValue = [
            "type": "response.failed",
            "response": ["error": ["code": "expert_unavailable", "message": "layer 3 is lost"]],
        ]
        let text = Ask.failure(event).description
        #expect(text == "the answer failed (expert_unavailable): layer 3 is lost")
    }
}
