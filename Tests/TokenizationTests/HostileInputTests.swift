import JSON
import Testing

@testable import Tokenization

/// Files and templates that mean harm are refused with an error, within bounds.
@Suite struct HostileInputTests {
    /// A small sound tokenizer file, and one more member.
    private static func with(_ member: String) -> String {
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "# + member + "}"
    }

    /// A template that makes a value larger, over and over.
    private static func grown(_ start: String, _ step: String) -> String {
        "{% set ns = namespace(x=" + start + ") %}{% for i in range(99) %}{% set ns.x = " + step
            + " %}{% endfor %}"
    }

    @Test func `a damaged tokenizer file is refused or read, and never stops the process`() throws {
        var random = MixedText(seed: 21)
        for name in ["wordpiece", "mistral"] {
            let good = try Fixture.bytes("tokenizers/\(name).json")
            for _ in 0..<20 {
                let cut = good[..<random.below(good.count)]
                #expect(throws: TokenizationError.self) { try Tokenizer(huggingFace: Array(cut)) }
            }
            for _ in 0..<20 {
                var bad = good
                for _ in 0..<5 { bad[random.below(bad.count)] = UInt8(random.below(128)) }
                let tokenizer = try? Tokenizer(huggingFace: bad)
                _ = tokenizer?.encode(
                    "some text", allowingSpecialTokens: true, addingSpecialTokens: true)
            }
        }
    }

    @Test(arguments: [
        #"{"model": {"type": "Unigram", "vocab": []}}"#, #"{"model": null}"#, "{}", "[]", "",
        "{\"a\": \"\\ud800\"}",
        #"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#,
        #"{"model": {"type": "BPE", "vocab": {"a": 99999999}, "merges": []}}"#,
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#,
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}}"#,
        Self.with(
            #""pre_tokenizer": {"type": "Split", "pattern": {"Regex": "x+"}, "#
                + #""behavior": "Isolated"}"#
        ),
        Self.with(#""normalizer": {"type": "Precompiled"}"#),
        #"{"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]"}}"#,
        Self.with(#""added_tokens": [{"id": 1}]"#),
        Self.with(#""model": {"type": "BPE", "vocab": {}, "merges": []}"#),
        #"{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "a": 2}, "merges": []}}"#,
        #"{"model": {"type": "BPE", "vocab": {"a": 9223372036854775807}, "merges": []}}"#,
    ])
    func `a tokenizer file that contradicts itself is refused`(file: String) {
        #expect(throws: TokenizationError.self) { try Tokenizer(huggingFace: Array(file.utf8)) }
    }

    @Test func `nested JSON does not overflow the stack`() {
        let deep = String(repeating: "[", count: 100_000)
        let error = TokenizationError.malformedJSON(offset: 64, reason: "nested deeper than 64")
        #expect(throws: error) { try Tokenizer(huggingFace: Array(deep.utf8)) }
    }

    @Test func `normalizers that multiply the text are refused`() {
        let step =
            #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaaaaaaaa"}"#
        let steps = Array(repeating: step, count: 8).joined(separator: ",")
        let file =
            #"{"normalizer": {"type": "Sequence", "normalizers": ["# + steps
            + #"]}, "model": {"vocab": {}}}"#
        #expect(throws: TokenizationError.self) { try Tokenizer(huggingFace: Array(file.utf8)) }
    }

    @Test func `GGUF metadata that contradict themselves are refused`() throws {
        let good = try Vocabulary.sentencePiece()
        let changes: [(inout GGUFVocabulary) -> Void] = [
            { $0.scores.removeLast() }, { $0.scores[5] = .nan }, { $0.unknown = 99_999 },
            { $0.beginOfSequence = -5 },
            { $0.model = "t5" }, { $0.tokens[7] = String(repeating: "x", count: 5000) },
            {
                $0.model = "gpt2"; $0.merges = ["no space"]
            },
            {
                $0.model = "gpt2"; $0.preTokenizer = "viking"
            },
            {
                $0.model = "gpt2"; $0.merges = ["nospace"]
            },
        ]
        for change in changes {
            var bad = good
            change(&bad)
            #expect(throws: TokenizationError.self) { try Tokenizer(gguf: bad) }
        }
    }

    @Test(arguments: [
        "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
        "{{ range(1000000000) }}",
        "{{ 'x' * 10000000000 }}", "{{ range(0, 9223372036854775807, 1) }}",
        "{{ range(0, -9223372036854775807 - 1, -1) }}",
        Self.grown("'xxxxxxxx'", "ns.x ~ ns.x"),
        Self.grown("[1]", "ns.x + ns.x"),
        Self.grown("[]", "[ns.x]"),
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for i in range(1000) %}{{ 'x' * 1000000 }}{% endfor %}",
        "{{ 9223372036854775807 + 1 }}", "{{ 2 ** 63 }}", "{{ (-9223372036854775807 - 1) // -1 }}",
        "{{ 5 % 0 }}",
        "{{ 'ab'.replace('', 'x') }}", "{{ [1].append(2) }}", "{{ 1() }}", "{{ [] | first.x }}",
        "{{ 'a'[0:3:7] }}",
    ])
    func `a template that wants too much is stopped`(source: String) {
        #expect(throws: TokenizationError.self) {
            try ChatTemplate(source).render(messages: [], addGenerationPrompt: false)
        }
    }

    @Test(arguments: ["(", "[", "-", "not ", "{% if 1 %}", "{{ [", "x[", "f(", "1 if 1 else "])
    func `a template that nests too deep is refused`(unit: String) {
        let isStatement = unit.hasPrefix("{%")
        let nest = String(repeating: unit, count: 2000)
        #expect(throws: TokenizationError.self) {
            try ChatTemplate(isStatement ? nest : "{{ \(nest)")
        }
    }

    @Test func `the deepest template that is allowed fits a small stack`() throws {
        let count = TemplateMaxima.depthMax - 2
        let source =
            "{{ " + String(repeating: "(", count: count) + "1"
            + String(repeating: ")", count: count) + " }}"
        let found = SmallStack.run {
            try ChatTemplate(source).render(messages: [], addGenerationPrompt: false)
        }
        #expect(try found.get() == "1")
        let lists =
            "{% set x = " + String(repeating: "[", count: 28) + String(repeating: "]", count: 28)
            + " %}{{ x | tojson }}{{ x == x }}"
        #expect(
            try SmallStack.run {
                try ChatTemplate(lists).render(messages: [], addGenerationPrompt: false)
            }.get().hasSuffix("True"))
    }

    @Test func `long chains are no nesting`() throws {
        let sum = "{{ 0" + String(repeating: " + 1", count: 5000) + " }}"
        #expect(try ChatTemplate(sum).render(messages: [], addGenerationPrompt: false) == "5000")
        let text = "{{ 'a'" + String(repeating: " ~ 'b'", count: 5000) + " }}"
        #expect(
            try ChatTemplate(text).render(messages: [], addGenerationPrompt: false).count == 5001)
    }

    @Test func `damaged templates are refused or rendered, and never stop the process`() throws {
        var random = MixedText(seed: 31)
        for name in ["headers", "reasoning", "macros"] {
            let good = Array(try Fixture.text("templates/\(name).jinja").utf8)
            for _ in 0..<60 {
                var bad = good
                for _ in 0..<3 { bad[random.below(bad.count)] = good[random.below(good.count)] }
                let template = try? ChatTemplate(String(decoding: bad, as: UTF8.self))
                let messages = [
                    ChatMessage(role: "user", content: "hi"),
                    ChatMessage(role: "assistant", content: "ho"),
                ]
                _ = try? template?.render(messages: messages, addGenerationPrompt: true)
            }
        }
    }
}
