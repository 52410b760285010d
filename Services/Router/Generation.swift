internal import Model
internal import Tokenization

/// One sequence from prompt to last token. It decides what it feeds next and when it is over.
struct Generation: Sendable {
    let parameters: GenerationParameters
    private(set) var tokens: [TokenID]
    let promptTokenCount: Int
    /// Tokens that the KV cache holds already.
    private(set) var processedTokenCount = 0
    private(set) var finishReason: FinishReason?
    private let endTokens: Set<TokenID>
    private var sampler: Sampler
    private var decoder: StreamDecoder
    private var stopMatcher: StopMatcher

    init(prompt: [TokenID], parameters: GenerationParameters, tokenizer: Tokenizer) {
        precondition(!prompt.isEmpty)
        tokens = prompt
        promptTokenCount = prompt.count
        self.parameters = parameters
        endTokens = tokenizer.endOfSequence
        decoder = tokenizer.makeDecoder()
        stopMatcher = StopMatcher(parameters.stops)
        sampler = Sampler(
            temperature: parameters.temperature, topP: parameters.topP, seed: parameters.seed)
    }

    var completionTokenCount: Int { tokens.count - promptTokenCount }
    var tokenCountMax: Int { promptTokenCount + parameters.tokenCountMax }
    /// More than one waiting token: the prompt is not through yet.
    var isPrefilling: Bool { tokens.count - processedTokenCount > 1 }
    var pendingTokenCount: Int { tokens.count - processedTokenCount }

    /// The tokens to feed next, at most `limit`.
    func nextTokens(limit: Int) -> ArraySlice<TokenID> {
        tokens[processedTokenCount...].prefix(limit)
    }

    mutating func processed(_ count: Int) { processedTokenCount += count }

    /// Chooses the next token from the logits of the last one, and says what leaves.
    mutating func accept(_ logits: [Float]) -> GeneratedToken {
        let (token, logProbability) = sampler.sample(logits)
        tokens.append(token)
        let isEnd = endTokens.contains(token)
        var text = isEnd ? "" : stopMatcher.feed(decoder.feed(token))
        finishReason = reasonToStop(isEnd: isEnd)
        if finishReason != nil && !stopMatcher.hasStopped {
            text += stopMatcher.feed(decoder.finish()) + stopMatcher.finish()
        }
        return GeneratedToken(
            token: token, text: text, logProbability: logProbability,
            alternatives: parameters.alternativeCount.map {
                Sampler.topLogProbabilities(logits, count: $0)
            })
    }

    private func reasonToStop(isEnd: Bool) -> FinishReason? {
        if isEnd || stopMatcher.hasStopped { return .stop }
        return completionTokenCount >= parameters.tokenCountMax ? .length : nil
    }
}

/// A token and the text that it released (empty while a character or a stop string may be incomplete).
struct GeneratedToken: Sendable {
    let token: TokenID
    let text: String
    let logProbability: Float
    /// The most likely tokens at this place, where asked for.
    let alternatives: [(token: TokenID, logProbability: Float)]?
}
