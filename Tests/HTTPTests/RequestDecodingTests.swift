import Testing

@testable import HTTP

@Suite struct RequestDecodingTests {
    @Test func `a completion takes text or token ids, and 16 tokens by default`() throws {
        let text = try CompletionRequest(
            body: Array(#"{"model":"m","prompt":"once","logprobs":2}"#.utf8))
        #expect(text.generation.prompt == .text("once"))
        #expect(text.generation.tokenCountMax == 16)
        #expect(text.generation.alternativeCount == 2)
        let tokens = try CompletionRequest(body: Array(#"{"model":"m","prompt":[[1,2]]}"#.utf8))
        #expect(tokens.generation.prompt == .tokens([1, 2]))
    }

    @Test(arguments: [
        (#""prompt":["a","b"]"#, "prompt"), (#""prompt":[]"#, "prompt"),
        (#""prompt":[-1]"#, "prompt[0]"),
        (#""prompt":[1,"a"]"#, "prompt[1]"), (#""prompt":{}"#, "prompt"),
        (#""prompt":"a","echo":true"#, "echo"),
        (#""prompt":"a","best_of":3"#, "best_of"), (#""prompt":"a","suffix":"b""#, "suffix"),
    ])
    func `a completion that is not supported is refused by name`(fields: String, param: String) {
        let error = refusal {
            _ = try CompletionRequest(body: Array(#"{"model":"m",\#(fields)}"#.utf8))
        }
        #expect(error?.param == param)
    }

    @Test func `embeddings take one text or many`() throws {
        let one = try EmbeddingsCall(
            body: Array(#"{"model":"m","input":"a","encoding_format":"base64"}"#.utf8))
        #expect(one.request.inputs == ["a"])
        #expect(one.encoding == .base64)
        let error = refusal {
            _ = try EmbeddingsCall(body: Array(#"{"model":"m","input":["a",""]}"#.utf8))
        }
        #expect(error?.param == "input[1]")
    }

    /// Vectors of RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 is that of the standard`(text: String, encoded: String) {
        #expect(Base64.encoded(Array(text.utf8)) == encoded)
    }

    @Test func `a response takes a conversation and one search`() throws {
        let body = #"""
            {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"q"}]},
            {"type":"file_search_call","id":"fs_1","queries":["q"],"status":"completed"},
            {"type":"message","id":"msg_1","role":"assistant","status":"completed",
            "content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[]}]}],
            "tools":[{"type":"file_search","vector_store_ids":["vs_1"],"max_num_results":5,
            "ranking_options":{"score_threshold":0.2}}],
            "include":["file_search_call.results"],"instructions":"be brief","max_output_tokens":9}
            """#
        let request = try ResponsesRequest(body: Array(body.utf8))
        #expect(
            request.answer.turns == [
                ChatTurn(role: .user, content: "q"), ChatTurn(role: .assistant, content: "a"),
            ])
        #expect(
            request.answer.fileSearch == .init(vectorStoreIDs: ["vs_1"], limit: 5, scoreMin: 0.2))
        #expect(request.includesResults)
        #expect(request.answer.instructions == "be brief")
    }

    @Test func `tool_choice none searches nothing`() throws {
        let body =
            #"{"model":"m","input":"q","tool_choice":"none","#
            + #""tools":[{"type":"file_search","vector_store_ids":["v"]}]}"#
        #expect(try ResponsesRequest(body: Array(body.utf8)).answer.fileSearch == nil)
    }

    @Test(arguments: [
        (#""input":"q","store":true"#, "store"),
        (#""input":"q","previous_response_id":"resp_1""#, "previous_response_id"),
        (#""input":"q","tools":[{"type":"web_search"}]"#, "tools[0].type"),
        (#""input":"q","tools":[{"type":"file_search"}]"#, "tools[0].vector_store_ids"),
        (
            #""input":"q","tools":[{"type":"file_search","vector_store_ids":["v"],"filters":{}}]"#,
            "tools[0].filters"
        ),
        (#""input":"q","include":["reasoning.encrypted_content"]"#, "include[0]"),
        (#""input":"q","text":{"format":{"type":"json_schema"}}"#, "text"),
        (#""input":[{"type":"function_call_output","output":""}]"#, "input[0].type"),
        (
            #""input":[{"role":"user","content":[{"type":"input_image"}]}]"#,
            "input[0].content[0].type"
        ),
        (#""input":[]"#, "input"), (#""input":1"#, "input"),
        (#""input":"q","reasoning":{}"#, "reasoning"),
    ])
    func `a response that is not supported is refused by name`(fields: String, param: String) {
        let error = refusal {
            _ = try ResponsesRequest(body: Array(#"{"model":"m",\#(fields)}"#.utf8))
        }
        #expect(error?.param == param)
    }

    @Test func `a batch names its files in one of two ways`() throws {
        let ids = try FileAttachment.batch(
            body: Array(#"{"file_ids":["a","b"],"attributes":{"year":2026,"draft":true}}"#.utf8))
        #expect(ids.map(\.fileID) == ["a", "b"])
        #expect(ids[1].attributes == ["year": .number(2026), "draft": .bool(true)])
        let files = try FileAttachment.batch(
            body: Array(#"{"files":[{"file_id":"a","attributes":{"k":"v"}}]}"#.utf8))
        #expect(files == [FileAttachment(fileID: "a", attributes: ["k": .string("v")])])
        let error = refusal { _ = try FileAttachment.batch(body: Array("{}".utf8)) }
        #expect(error?.param == "file_ids")
    }
}
