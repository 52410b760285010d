import Testing

@testable import HTTP

private func refusal(_ body: () throws -> Void) -> ErrorBody? {
    do {
        try body()
        return nil
    } catch let error as FrontDoorError {
        return error.body
    } catch {
        return ErrorBody(message: "another error", type: "\(error)")
    }
}

private func chat(_ extra: String) -> [UInt8] {
    Array(#"{"model":"demo","messages":[{"role":"user","content":"hi"}]\#(extra)}"#.utf8)
}

@Suite struct ChatDecodingTests {
    @Test func `every supported field arrives`() throws {
        let request = try ChatRequest(
            body: chat(
                #"""
                ,"temperature":0.5,"top_p":0.9,"seed":-1,"max_completion_tokens":7,"stop":["a","b"],
                "logprobs":true,"top_logprobs":3,"stream":true,"stream_options":{"include_usage":true},
                "mesh":{"routing":true}
                """#))
        let generation = request.generation
        #expect(generation.prompt == .chat([ChatTurn(role: .user, content: "hi")]))
        #expect(generation.sampling == Sampling(temperature: 0.5, topP: 0.9, seed: .max))
        #expect(generation.tokenCountMax == 7)
        #expect(generation.stop == ["a", "b"])
        #expect(generation.alternativeCount == 3)
        #expect(generation.mesh.routing)
        #expect(request.isStream && request.includesUsage)
    }

    @Test func `what official clients send although it asks for nothing is accepted`() throws {
        _ = try ChatRequest(
            body: chat(
                #"""
                ,"n":1,"user":"u","store":false,"metadata":{"k":"v"},"tool_choice":"auto","parallel_tool_calls":true,
                "frequency_penalty":0,"presence_penalty":0.0,"logit_bias":{},"response_format":{"type":"text"},
                "service_tier":"auto","tools":[],"stop":null,"seed":null,"stream":false,"stream_options":null
                """#))
    }

    @Test func `parts of text are joined, and developer is system`() throws {
        let body = #"""
            {"model":"demo","messages":[{"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
            {"role":"assistant","content":"c","refusal":null,"tool_calls":null,"annotations":[]}]}
            """#
        let request = try ChatRequest(body: Array(body.utf8))
        #expect(
            request.generation.prompt
                == .chat([ChatTurn(role: .system, content: "ab"), ChatTurn(role: .assistant, content: "c")]))
    }

    /// Field added to a good request → what `param` and `code` must be.
    @Test(arguments: [
        (#","functions":[]"#, "functions", "unknown_parameter"),
        (#","temprature":1"#, "temprature", "unknown_parameter"),
        (#","n":2"#, "n", "unsupported_value"),
        (#","tools":[{"type":"function"}]"#, "tools", "unsupported_value"),
        (#","tool_choice":"required""#, "tool_choice", "unsupported_value"),
        (#","store":true"#, "store", "unsupported_value"),
        (#","frequency_penalty":0.5"#, "frequency_penalty", "unsupported_value"),
        (#","logit_bias":{"1":2}"#, "logit_bias", "unsupported_value"),
        (#","response_format":{"type":"json_object"}"#, "response_format", "unsupported_value"),
        (#","temperature":2.5"#, "temperature", "invalid_value"),
        (#","temperature":"hot""#, "temperature", "invalid_type"),
        (#","top_p":0"#, "top_p", "invalid_value"),
        (#","max_tokens":0"#, "max_tokens", "invalid_value"),
        (#","max_tokens":1.5"#, "max_tokens", "invalid_type"),
        (#","max_tokens":1,"max_completion_tokens":2"#, "max_tokens", "invalid_value"),
        (#","seed":0.5"#, "seed", "invalid_type"),
        (#","stop":["a",1]"#, "stop", "invalid_type"),
        (#","stop":"""#, "stop", "invalid_value"),
        (#","logprobs":1"#, "logprobs", "invalid_type"),
        (#","top_logprobs":2"#, "top_logprobs", "invalid_value"),
        (#","logprobs":true,"top_logprobs":21"#, "top_logprobs", "invalid_value"),
        (#","stream_options":{"include_usage":true}"#, "stream_options", "invalid_value"),
        (#","stream":true,"stream_options":{"x":1}"#, "stream_options.x", "unknown_parameter"),
        (#","mesh":{"route":true}"#, "mesh.route", "unknown_parameter"),
        (#","mesh":{"routing":1}"#, "mesh.routing", "invalid_type"),
        (#","metadata":{"k":1}"#, "metadata.k", "invalid_type"),
    ])
    func `a field that cannot be honoured is refused by name`(extra: String, param: String, code: String) {
        let error = refusal { _ = try ChatRequest(body: chat(extra)) }
        #expect(error?.param == param)
        #expect(error?.code == code)
        #expect(error?.type == "invalid_request_error")
        #expect(error?.message.contains(param) == true)
    }

    @Test(arguments: [
        ("[]", nil, "invalid_type"),
        ("{", nil, "invalid_json"),
        (#"{"model":"m"}"#, "messages", "missing_required_parameter"),
        (#"{"messages":[]}"#, "model", "missing_required_parameter"),
        (#"{"model":"m","messages":[]}"#, "messages", "invalid_value"),
        (#"{"model":"m","messages":["hi"]}"#, "messages[0]", "invalid_type"),
        (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content", "missing_required_parameter"),
        (#"{"model":"m","messages":[{"role":"tool","content":""}]}"#, "messages[0].role", "unsupported_value"),
        (#"{"model":"m","messages":[{"role":"user","content":"","name":"x"}]}"#, "messages[0].name", "unknown_parameter"),
        (
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}"#,
            "messages[0].content[0].type", "unsupported_value"
        ),
        (
            #"{"model":"m","messages":[{"role":"assistant","content":"","tool_calls":[{}]}]}"#,
            "messages[0].tool_calls", "unsupported_value"
        ),
    ] as [(String, String?, String)])
    func `a malformed conversation is refused by place`(body: String, param: String?, code: String) {
        let error = refusal { _ = try ChatRequest(body: Array(body.utf8)) }
        #expect(error?.param == param)
        #expect(error?.code == code)
    }
}

@Suite struct OtherDecodingTests {
    @Test func `a completion takes text or token ids, and 16 tokens by default`() throws {
        let text = try CompletionRequest(body: Array(#"{"model":"m","prompt":"once","logprobs":2}"#.utf8))
        #expect(text.generation.prompt == .text("once"))
        #expect(text.generation.tokenCountMax == 16)
        #expect(text.generation.alternativeCount == 2)
        let tokens = try CompletionRequest(body: Array(#"{"model":"m","prompt":[[1,2]]}"#.utf8))
        #expect(tokens.generation.prompt == .tokens([1, 2]))
    }

    @Test(arguments: [
        (#""prompt":["a","b"]"#, "prompt"), (#""prompt":[]"#, "prompt"), (#""prompt":[-1]"#, "prompt[0]"),
        (#""prompt":[1,"a"]"#, "prompt[1]"), (#""prompt":{}"#, "prompt"), (#""prompt":"a","echo":true"#, "echo"),
        (#""prompt":"a","best_of":3"#, "best_of"), (#""prompt":"a","suffix":"b""#, "suffix"),
    ])
    func `a completion that is not supported is refused by name`(fields: String, param: String) {
        let error = refusal { _ = try CompletionRequest(body: Array(#"{"model":"m",\#(fields)}"#.utf8)) }
        #expect(error?.param == param)
    }

    @Test func `embeddings take one text or many`() throws {
        let one = try EmbeddingsCall(body: Array(#"{"model":"m","input":"a","encoding_format":"base64"}"#.utf8))
        #expect(one.request.inputs == ["a"])
        #expect(one.encoding == .base64)
        let error = refusal { _ = try EmbeddingsCall(body: Array(#"{"model":"m","input":["a",""]}"#.utf8)) }
        #expect(error?.param == "input[1]")
    }

    /// Vectors of RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 is that of the standard`(text: String, encoded: String) {
        #expect(Base64.encoded(Array(text.utf8)) == encoded)
    }

    @Test func `a response takes a conversation and one search`() throws {
        let body = #"""
            {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"q"}]},
            {"type":"file_search_call","id":"fs_1","queries":["q"],"status":"completed","results":null},
            {"type":"message","id":"msg_1","role":"assistant","status":"completed",
            "content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[]}]}],
            "tools":[{"type":"file_search","vector_store_ids":["vs_1"],"max_num_results":5,"ranking_options":{"score_threshold":0.2}}],
            "include":["file_search_call.results"],"instructions":"be brief","max_output_tokens":9}
            """#
        let request = try ResponsesRequest(body: Array(body.utf8))
        #expect(
            request.answer.turns == [ChatTurn(role: .user, content: "q"), ChatTurn(role: .assistant, content: "a")])
        #expect(request.answer.fileSearch == .init(vectorStoreIDs: ["vs_1"], limit: 5, scoreMin: 0.2))
        #expect(request.includesResults)
        #expect(request.answer.instructions == "be brief")
    }

    @Test func `tool_choice none searches nothing`() throws {
        let body =
            #"{"model":"m","input":"q","tool_choice":"none","tools":[{"type":"file_search","vector_store_ids":["v"]}]}"#
        #expect(try ResponsesRequest(body: Array(body.utf8)).answer.fileSearch == nil)
    }

    @Test(arguments: [
        (#""input":"q","store":true"#, "store"),
        (#""input":"q","previous_response_id":"resp_1""#, "previous_response_id"),
        (#""input":"q","tools":[{"type":"web_search"}]"#, "tools[0].type"),
        (#""input":"q","tools":[{"type":"file_search"}]"#, "tools[0].vector_store_ids"),
        (
            #""input":"q","tools":[{"type":"file_search","vector_store_ids":["v"],"filters":{"type":"eq"}}]"#,
            "tools[0].filters"
        ),
        (#""input":"q","include":["reasoning.encrypted_content"]"#, "include[0]"),
        (#""input":"q","text":{"format":{"type":"json_schema"}}"#, "text"),
        (#""input":[{"type":"function_call_output","output":""}]"#, "input[0].type"),
        (#""input":[{"role":"user","content":[{"type":"input_image"}]}]"#, "input[0].content[0].type"),
        (#""input":[]"#, "input"), (#""input":1"#, "input"), (#""input":"q","reasoning":{}"#, "reasoning"),
    ])
    func `a response that is not supported is refused by name`(fields: String, param: String) {
        let error = refusal { _ = try ResponsesRequest(body: Array(#"{"model":"m",\#(fields)}"#.utf8)) }
        #expect(error?.param == param)
    }

    @Test func `a batch names its files in one of two ways`() throws {
        let ids = try FileAttachment.batch(body: Array(#"{"file_ids":["a","b"],"attributes":{"year":2026,"draft":true}}"#.utf8))
        #expect(ids.map(\.fileID) == ["a", "b"])
        #expect(ids[1].attributes == ["year": .number(2026), "draft": .bool(true)])
        let files = try FileAttachment.batch(body: Array(#"{"files":[{"file_id":"a","attributes":{"k":"v"}}]}"#.utf8))
        #expect(files == [FileAttachment(fileID: "a", attributes: ["k": .string("v")])])
        let error = refusal { _ = try FileAttachment.batch(body: Array("{}".utf8)) }
        #expect(error?.param == "file_ids")
    }
}

@Suite struct MultipartTests {
    private let contentType = #"multipart/form-data; boundary="b1""#

    private func form(_ text: String) throws(FrontDoorError) -> MultipartForm {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        return try MultipartForm(contentType: contentType, body: Array(lines.utf8))
    }

    @Test func `parts come with their names, types and exact bytes`() throws {
        let form = try form(
            """
            --b1
            Content-Disposition: form-data; name="purpose"

            assistants
            --b1
            content-disposition: form-data; name="file"; filename="a;\\"b\\".md"
            content-type: text/markdown

            --b
            x--b1

            --b1--

            """)
        #expect(form.parts.map(\.name) == ["purpose", "file"])
        #expect(try form.text("purpose") == "assistants")
        #expect(form.parts[1].filename == #"a;"b".md"#)
        #expect(form.parts[1].mediaType == "text/markdown")
        #expect(Array(form.parts[1].content) == Array("--b\r\nx--b1\r\n".utf8))
    }

    @Test(arguments: [
        "", "--b1", "--b1--x", "--b2\n\n--b2--", "--b1\nno head--b1--", "--b1\ncontent-disposition: form-data\n\nx\n--b1--",
        "--b1\ncontent-disposition: form-data; name=\"a\"\n\nx", "preamble\n--b1--",
        "--b1\ncontent-disposition: form-data; name=\"a\"\n\nx\n--b1\ncontent-disposition: form-data; name=\"a\"\n\ny\n--b1--",
        "--b1\ncontent-disposition: form-data; name=\"a\"\n\nx\n--b11\ny\n--b1--",
        "--b1\ncontent-disposition: attachment; name=\"a\"\n\nx\n--b1--",
    ])
    func `a malformed form is refused`(text: String) {
        if text == "--b1--x" {
            // What follows the last boundary is an epilogue, which RFC 2046 lets one ignore.
            #expect(throws: Never.self) { try form(text) }
        } else {
            #expect(throws: FrontDoorError.self) { try form(text) }
        }
    }

    @Test func `an upload needs a file with a name, and a purpose that is served`() throws {
        func upload(_ purpose: String, _ file: String) throws(FrontDoorError) -> FileUpload {
            let text = "--b1\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\n\(purpose)\r\n"
                + "--b1\r\ncontent-disposition: form-data; name=\"file\"\(file)\r\n\r\nhello\r\n--b1--\r\n"
            return try FileUpload(contentType: contentType, body: Array(text.utf8))
        }
        let good = try upload("assistants", "; filename=\"é.txt\"")
        #expect(good == FileUpload(filename: "é.txt", purpose: "assistants", mediaType: nil, content: Array("hello".utf8)))
        #expect(refusal { _ = try upload("fine-tune", "; filename=\"a\"") }?.param == "purpose")
        #expect(refusal { _ = try upload("assistants", "") }?.param == "file")
        #expect(refusal { _ = try upload("assistants", "; filename=\"\"") }?.param == "file")
    }
}
