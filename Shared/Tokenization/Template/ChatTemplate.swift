/// A model's chat template: conversations to prompts, in the subset of Jinja that models use.
///
/// Statements `if for set macro break continue`; all of Jinja's operators; the filters and tests of
/// `TemplateFilter` and `TemplateTest`; methods of Python's strings and mappings; the functions
/// `namespace range dict raise_exception strftime_now`. What is not there is refused when the
/// template is parsed. Templates come with model files and are not trusted with time or memory:
/// see `TemplateMaxima`.
public struct ChatTemplate: Sendable {
    private let statements: [TemplateStatement]

    /// - Throws: `malformedTemplate` or `overMaximum`.
    public init(_ jinja: String) throws(TokenizationError) {
        statements = try TemplateParser.statements(of: jinja)
    }

    /// The prompt, with what messages say marked as untrusted.
    ///
    /// - Parameters:
    ///   - addGenerationPrompt: whether the prompt ends where the assistant is to speak.
    ///   - variables: further variables, such as `bos_token` (see `Tokenizer.templateVariables`).
    ///   - secondsSince1970: the time that `strftime_now` tells, in UTC.
    /// - Throws: `conversationRefused` when the template raises an exception, `templateFailed`
    ///   when it cannot be run.
    public func renderSegments(
        messages: [ChatMessage], addGenerationPrompt: Bool,
        variables: [String: TemplateValue] = [:], secondsSince1970: Int64 = 0
    ) throws(TokenizationError) -> [PromptSegment] {
        var all = variables
        all["messages"] = .list(messages.map(\.templateValue))
        all["add_generation_prompt"] = .boolean(addGenerationPrompt)
        for name in ["tools", "documents"] where all[name] == nil { all[name] = TemplateValue.none }
        var interpreter = TemplateInterpreter(
            variables: all, now: TemplateDate(secondsSince1970: secondsSince1970))
        try interpreter.run(statements)
        return interpreter.output.segments
    }

    /// The prompt as one text, without the marks.
    public func render(
        messages: [ChatMessage], addGenerationPrompt: Bool,
        variables: [String: TemplateValue] = [:], secondsSince1970: Int64 = 0
    ) throws(TokenizationError) -> String {
        try renderSegments(
            messages: messages, addGenerationPrompt: addGenerationPrompt, variables: variables,
            secondsSince1970: secondsSince1970
        ).map(\.text).joined()
    }
}

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
    /// `system`, `user`, `assistant`, or what else the model knows.
    public var role: String
    /// What was said; it spells no special tokens.
    public var content: String

    /// A turn: who says what.
    public init(role: String, content: String) {
        self.role = role
        self.content = content
    }

    fileprivate var templateValue: TemplateValue {
        .dictionary([("role", .text(role)), ("content", .text(content))])
    }
}

extension Tokenizer {
    /// The special tokens as a chat template knows them: `bos_token`, `eos_token` and so on.
    public var templateVariables: [String: TemplateValue] {
        namedTokens.mapValues { .trusted($0) }
    }
}
