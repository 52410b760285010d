internal import HTTP
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
    private let tokenizer: Tokenizer
    private var sampler: Sampler
    private var decoder: StreamDecoder
    private var stopMatcher: StopMatcher

    init(prompt: [TokenID], parameters: GenerationParameters, tokenizer: Tokenizer) {
        precondition(!prompt.isEmpty)
        tokens = prompt
        promptTokenCount = prompt.count
        self.parameters = parameters
        self.tokenizer = tokenizer
        decoder = tokenizer.makeDecoder()
        stopMatcher = StopMatcher(parameters.stops)
        sampler = Sampler(
            temperature: parameters.temperature, topP: parameters.topP, seed: parameters.seed)
    }

    var completionTokenCount: Int { tokens.count - promptTokenCount }
    var tokenCountMax: Int { promptTokenCount + parameters.tokenCountMax }
    var pendingTokenCount: Int { tokens.count - processedTokenCount }

    /// The tokens to feed next, at most `limit`.
    func nextTokens(limit: Int) -> ArraySlice<TokenID> {
        tokens[processedTokenCount...].prefix(limit)
    }

    mutating func processed(_ count: Int) { processedTokenCount += count }

    /// Chooses the next token from the logits of the last one, and says what leaves.
    mutating func accept(_ row: [Float]) -> GeneratedToken {
        let logits = biased(row)
        let (token, logProbability) = sampler.sample(logits)
        tokens.append(token)
        let isEnd = tokenizer.endOfSequence.contains(token)
        var text = isEnd ? "" : stopMatcher.feed(decoder.append(token))
        finishReason = reasonToStop(isEnd: isEnd)
        if finishReason != nil && !stopMatcher.hasStopped {
            text += stopMatcher.feed(decoder.finish()) + stopMatcher.finish()
        }
        return GeneratedToken(
            text: text, id: token, bytes: tokenizer.bytes(of: token),
            logProbability: parameters.alternativeCount == nil ? nil : Double(logProbability),
            alternatives: isEnd ? [] : alternatives(logits), isEnd: isEnd)
    }

    /// The logits with what the parameters add to them.
    private func biased(_ logits: [Float]) -> [Float] {
        guard completionTokenCount == 0, let first = parameters.firstTokenBias,
            logits.indices.contains(Int(first.token))
        else { return logits }
        var logits = logits
        logits[Int(first.token)] += first.bias
        return logits
    }

    private func alternatives(_ logits: [Float]) -> [GeneratedToken.Alternative] {
        guard let count = parameters.alternativeCount, count > 0 else { return [] }
        return Sampler.topLogProbabilities(logits, count: count).map {
            GeneratedToken.Alternative(
                bytes: tokenizer.bytes(of: $0.token), logProbability: Double($0.logProbability))
        }
    }

    private func reasonToStop(isEnd: Bool) -> FinishReason? {
        if isEnd || stopMatcher.hasStopped { return .stop }
        return completionTokenCount >= parameters.tokenCountMax ? .length : nil
    }
}
