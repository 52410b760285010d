/// How tokens become bytes again.
struct TokenDecoder: Sendable {
    enum Style: Sendable, Equatable {
        /// The bytes of the token.
        case bytes
        /// Characters with a mark for the space; `<0x0A>` is a byte where `hasByteTokens`.
        case marked(mark: [UInt8], hasByteTokens: Bool, dropsFirstSpace: Bool)
        /// Words with spaces between them; `prefix` marks a continuation.
        case words(prefix: [UInt8], cleansUp: Bool)
    }

    var style: Style

    /// What the token adds to the text. `isFirst`: no token came before.
    func bytes(_ token: ArraySlice<UInt8>, isFirst: Bool) -> [UInt8] {
        switch style {
        case .bytes:
            return Array(token)
        case .marked(let mark, let hasByteTokens, let dropsFirstSpace):
            if hasByteTokens, let byte = ByteTokenName.byte(of: token) { return [byte] }
            let text = Normalizer.replacing(mark, [0x20], Array(token))
            return isFirst && dropsFirstSpace && text.first == 0x20 ? Array(text.dropFirst()) : text
        case .words(let prefix, let cleansUp):
            let isContinuation = token.starts(with: prefix)
            let text =
                isFirst
                ? Array(token)
                : isContinuation ? Array(token.dropFirst(prefix.count)) : [0x20] + token
            return cleansUp ? Self.cleaned(text) : text
        }
    }

    /// English as it is written, undone from how BERT splits it.
    private static func cleaned(_ text: [UInt8]) -> [UInt8] {
        cleanUps.reduce(text) { text, pair in
            Normalizer.replacing(Array(pair.0.utf8), Array(pair.1.utf8), text)
        }
    }

    private static let cleanUps: [(String, String)] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
        (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]

}
