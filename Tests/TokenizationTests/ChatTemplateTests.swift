import JSON
import Testing

@testable import Tokenization

/// Prompts as transformers renders them; see `Fixtures/make_templates.py`.
@Suite struct ChatTemplateTests {
    struct Golden: Decodable {
        var secondsSince1970: Int64
        var tokens: [String: String]
        var messages: [Message]
        var cases: [Case]
        var snippets: [Snippet]
        var broken: [String]
    }
    struct Message: Decodable { var role: String, content: String }
    struct Snippet: Decodable {
        var source: String, text: String?, refused: String?, failed: String?
    }
    struct Case: Decodable {
        var template: String, messages: [Message], addGenerationPrompt: Bool
        var text: String?, refused: String?
    }

    let golden: Golden
    let variables: [[String: TemplateValue]]

    init() throws {
        golden = try Fixture.decoded("templates.json")
        let file = try JSONValue(tokenizerFile: try Fixture.bytes("templates.json"))
        variables = (file["cases"]?.array ?? []).map { entry in
            let members = entry["variables"]?.object?.members ?? []
            return Dictionary(
                uniqueKeysWithValues: members.map { ($0.name, TemplateValue($0.value)) })
        }
    }

    private func render(
        _ source: String, _ messages: [Message], _ prompt: Bool,
        _ more: [String: TemplateValue] = [:]
    ) throws -> String {
        try ChatTemplate(source).render(
            messages: messages.map { ChatMessage(role: $0.role, content: $0.content) },
            addGenerationPrompt: prompt,
            variables: more.merging(golden.tokens.mapValues { .trusted($0) }) { $1 },
            secondsSince1970: golden.secondsSince1970)
    }

    @Test func `templates of each family render as transformers does`() throws {
        var sources: [String: String] = [:]
        for (expected, more) in zip(golden.cases, variables) {
            let source =
                try sources[expected.template] ?? Fixture.text("templates/" + expected.template)
            sources[expected.template] = source
            let place = "\(expected.template), \(expected.messages.map(\.role)), \(more.keys)"
            if let text = expected.text {
                let prompt = try render(
                    source, expected.messages, expected.addGenerationPrompt, more)
                #expect(prompt.utf8.elementsEqual(text.utf8), "\(place): \(prompt)")
            } else {
                #expect(throws: TokenizationError.conversationRefused(reason: expected.refused!)) {
                    try render(source, expected.messages, expected.addGenerationPrompt, more)
                }
            }
        }
    }

    @Test func `every rule of the language does what Jinja does`() throws {
        for snippet in golden.snippets {
            if let text = snippet.text {
                let found = try? render(snippet.source, golden.messages, false)
                #expect(found == text, "\(snippet.source)")
            } else {
                #expect(throws: TokenizationError.self, "\(snippet.source)") {
                    try render(snippet.source, golden.messages, false)
                }
            }
        }
    }

    @Test func `broken templates are refused when they are read`() {
        for source in golden.broken {
            #expect(throws: TokenizationError.self, "\(source)") { try ChatTemplate(source) }
        }
    }

    @Test func `an exception that a template raises carries its words`() {
        #expect(throws: TokenizationError.conversationRefused(reason: "no: user")) {
            try render("{{ raise_exception('no: ' ~ messages[0].role) }}", golden.messages, false)
        }
    }
}

extension TemplateValue {
    /// A JSON value as a tool or a caller would give it.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .float(value)
        case .string(let text): self = .text(text)
        case .array(let values): self = .list(values.map(TemplateValue.init))
        case .object(let object):
            self = .dictionary(object.members.map { ($0.name, TemplateValue($0.value)) })
        }
    }
}
