internal import Tokenization

/// How the next token is chosen and when to stop; validated at the front door.
struct GenerationParameters: Sendable {
    var temperature: Float = 1
    var topP: Float = 1
    var seed: UInt64 = 0
    var tokenCountMax: Int
    var stops: [String] = []
    /// Most likely alternatives to report with each token; nil for no log probabilities at all.
    var alternativeCount: Int?
    /// Nil leaves the first token to the model alone.
    var firstTokenBias: TokenBias?
}

/// What is added to the logit of one token.
struct TokenBias: Equatable, Sendable {
    let token: TokenID
    let bias: Float
}
