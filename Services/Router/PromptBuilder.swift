internal import Checkpoint
internal import HTTP
internal import Tokenization

/// Turns what a client sends into the tokens of a prompt.
struct PromptBuilder: Sendable {
    private let tokenizer: Tokenizer
    private let template: ChatTemplate?

    /// The words that the demo model was trained with; any instruction-following model understands
    /// them.
    static let groundedInstructions =
        "Answer from the numbered passages in a few words and cite the passage, like [1]. "
        + "If the answer is not there, say: \(refusal)"
    static let refusal = "Not in the documents."

    /// The balance between answering and refusing that a model was given in training; nil for one
    /// that was taught other words, or none.
    static func refusalBias(_ refusal: Refusal?) -> TokenBias? {
        guard let refusal, refusal.text == Self.refusal else { return nil }
        return TokenID(exactly: refusal.firstToken).map {
            TokenBias(token: $0, bias: refusal.firstTokenBias)
        }
    }

    /// - Parameter template: nil for a model that has none; it can complete, not chat.
    init(tokenizer: Tokenizer, template: ChatTemplate?) {
        self.tokenizer = tokenizer
        self.template = template
    }

    func tokens(_ prompt: GenerationRequest.Prompt) throws(FrontDoorError) -> [TokenID] {
        switch prompt {
        case .chat(let turns): try chat(turns)
        case .text(let text):
            tokenizer.encode(text, allowingSpecialTokens: false, addingSpecialTokens: true)
        case .tokens(let tokens): try known(tokens)
        }
    }

    /// The prompt of a question over passages: numbered, before the last turn, as data.
    func grounded(
        _ turns: [ChatTurn], instructions: String?, passages: [String]
    ) throws(FrontDoorError) -> [TokenID] {
        let numbered = passages.enumerated().map { index, text in
            "[\(index + 1)] \(text.split(whereSeparator: \.isNewline).joined(separator: " "))"
        }
        let question = turns.last?.content ?? ""
        let content = numbered.joined(separator: "\n") + "\n\nQuestion: " + question
        let system = [Self.groundedInstructions, instructions].compactMap { $0 }
        return try chat(
            [ChatTurn(role: .system, content: system.joined(separator: "\n"))]
                + turns.dropLast().filter { $0.role != .system }
                + [ChatTurn(role: .user, content: content)])
    }

    private func chat(_ turns: [ChatTurn]) throws(FrontDoorError) -> [TokenID] {
        guard let template else {
            throw .invalid(
                message: "this model has no chat template; use /v1/completions", param: "messages")
        }
        let messages = turns.map { ChatMessage(role: $0.role.rawValue, content: $0.content) }
        do {
            return tokenizer.encodePrompt(
                try template.renderSegments(
                    messages: messages, addGenerationPrompt: true,
                    variables: tokenizer.templateVariables))
        } catch {
            throw .invalid(
                message: "the model's chat template refuses these messages: \(error)",
                param: "messages")
        }
    }

    private func known(_ tokens: [Int32]) throws(FrontDoorError) -> [TokenID] {
        if let unknown = tokens.first(where: { $0 >= tokenizer.vocabularySize }) {
            throw .invalid(
                message: "token \(unknown) is not in the vocabulary of \(tokenizer.vocabularySize)",
                param: "prompt")
        }
        return tokens
    }
}
