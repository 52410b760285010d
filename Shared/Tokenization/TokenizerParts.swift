/// What a tokenizer is made of, whatever file it came from.
struct TokenizerParts {
    var model: WordModel
    var added: [AddedToken] = []
    var normalizers: [Normalizer] = []
    var preTokenizer = PreTokenizer()
    /// Tokens put before and after a text.
    var prefix: [TokenID] = []
    var suffix: [TokenID] = []
    var decoding = TokenDecoder.Style.bytes
    var beginOfSequence: TokenID?
    var endOfSequence: Set<TokenID> = []
    var namedTokens: [String: String] = [:]
    var chatTemplate: String?

    /// Control tokens that end an answer in the models in use, by their spelling. Files name one
    /// end; chat models have two, one of the text and one of the turn.
    private static let endings: Set<String> = [
        "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>",
        "<end_of_turn>", "<|end_of_turn|>", "</s>",
    ]

    /// Adds the tokens that end an answer, as far as they are control tokens of this vocabulary.
    mutating func addEndings() {
        for token in added where token.isSpecial {
            if Self.endings.contains(String(decoding: token.content, as: UTF8.self)) {
                endOfSequence.insert(token.id)
            }
        }
    }

    /// Cuts a text that is one word to the file before its marks for spaces, when no token has a
    /// mark inside: then no merge can cross the cut, and the tokens are the same, found faster.
    mutating func cutAtMarks(_ mark: [UInt8]) {
        guard preTokenizer.cuts.isEmpty,
            case .bytePair(let model) = model, !model.ignoresMerges,
            model.tokens.find(mark) >= 0,
            !model.hasToken(where: { Self.hasInnerMark($0, mark) })
        else { return }
        preTokenizer.cuts = [.beforeMarkRuns(mark)]
    }

    /// Whether a mark follows something that is not a mark.
    private static func hasInnerMark(_ token: ArraySlice<UInt8>, _ mark: [UInt8]) -> Bool {
        var rest = token
        while rest.starts(with: mark) { rest = rest.dropFirst(mark.count) }
        while !rest.isEmpty {
            if rest.starts(with: mark) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
