import Testing

@testable import HTTP

private func chat(_ extra: String) -> [UInt8] {
    Array(#"{"model":"demo","messages":[{"role":"user","content":"hi"}]\#(extra)}"#.utf8)
}

@Suite struct ChatDecodingTests {
    @Test func `every supported field arrives`() throws {
        let request = try ChatRequest(
            body: chat(
                #"""
                ,"temperature":0.5,"top_p":0.9,"seed":-1,"max_completion_tokens":7,"stop":["a","b"],
                "logprobs":true,"top_logprobs":3,
                "stream":true,"stream_options":{"include_usage":true},
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
                ,"n":1,"user":"u","store":false,"metadata":{"k":"v"},
                "tool_choice":"auto","parallel_tool_calls":true,
                "frequency_penalty":0,"presence_penalty":0.0,"logit_bias":{},
                "response_format":{"type":"text"},
                "service_tier":"auto","tools":[],
                "stop":null,"seed":null,"stream":false,"stream_options":null
                """#))
    }

    @Test func `parts of text are joined, and developer is system`() throws {
        let body = #"""
            {"model":"demo","messages":[
            {"role":"developer","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
            {"role":"assistant","content":"c","refusal":null,"tool_calls":null,"annotations":[]}]}
            """#
        let request = try ChatRequest(body: Array(body.utf8))
        #expect(
            request.generation.prompt
                == .chat([
                    ChatTurn(role: .system, content: "ab"),
                    ChatTurn(role: .assistant, content: "c"),
                ]))
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
        // The same letter, composed and decomposed.
        (#","\u00e9":1,"e\u0301":2"#, "\u{e9}", "duplicate_parameter"),
    ])
    func `a field that cannot be honoured is refused by name`(
        extra: String, param: String, code: String
    ) {
        let error = refusal { _ = try ChatRequest(body: chat(extra)) }
        #expect(error?.param == param)
        #expect(error?.code == code)
        #expect(error?.type == "invalid_request_error")
        #expect(error?.message.contains(param) == true)
    }

    @Test(
        arguments: [
            ("[]", nil, "invalid_type"),
            ("{", nil, "invalid_json"),
            (#"{"model":"m"}"#, "messages", "missing_required_parameter"),
            (#"{"messages":[]}"#, "model", "missing_required_parameter"),
            (#"{"model":"m","messages":[]}"#, "messages", "invalid_value"),
            (#"{"model":"m","messages":["hi"]}"#, "messages[0]", "invalid_type"),
            (
                #"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content",
                "missing_required_parameter"
            ),
            (
                #"{"model":"m","messages":[{"role":"tool","content":""}]}"#, "messages[0].role",
                "unsupported_value"
            ),
            (
                #"{"model":"m","messages":[{"role":"user","content":"","name":"x"}]}"#,
                "messages[0].name", "unknown_parameter"
            ),
            (
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
                "messages[0].content[0].type", "unsupported_value"
            ),
            (
                #"{"model":"m","messages":[{"role":"assistant","content":"","tool_calls":[{}]}]}"#,
                "messages[0].tool_calls", "unsupported_value"
            ),
        ] as [(String, String?, String)])
    func `a malformed conversation is refused by place`(body: String, param: String?, code: String)
    {
        let error = refusal { _ = try ChatRequest(body: Array(body.utf8)) }
        #expect(error?.param == param)
        #expect(error?.code == code)
    }
}
