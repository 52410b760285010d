/// Text to tokens and back, as one model's vocabulary wants it.
///
/// A value that never changes; any number of threads may share it. Made from a `tokenizer.json`
/// (`init(huggingFace:configuration:chatTemplate:)`) or from GGUF metadata (`init(gguf:)`).
public struct Tokenizer: Sendable {
    /// The number of tokens: the largest identifier plus one. An embedding may have more rows.
    public let vocabularySize: Int
    /// The token that begins a text, when the vocabulary names one.
    public let beginOfSequence: TokenID?
    /// The tokens after which a model has finished: end of text, end of turn.
    public let endOfSequence: Set<TokenID>
    /// The chat template, as Jinja source, when the files carry one.
    public let chatTemplateSource: String?
    /// Special tokens by the names that chat templates use: `bos_token`, `eos_token`, ….
    public let namedTokens: [String: String]

    let model: WordModel
    let normalizers: [Normalizer]
    let preTokenizer: PreTokenizer
    private let added: AddedTokens
    private let addedNormalized: AddedTokens
    private let addedContent: [TokenID: [UInt8]]
    private let special: Set<TokenID>
    private let prefix: [TokenID]
    private let suffix: [TokenID]
    private let decoder: TokenDecoder

    init(_ parts: TokenizerParts) {
        let largest = parts.added.map { Int($0.id) + 1 }.max() ?? 0
        vocabularySize = max(parts.model.tokens.count, largest)
        beginOfSequence = parts.beginOfSequence
        endOfSequence = parts.endOfSequence
        chatTemplateSource = parts.chatTemplate
        namedTokens = parts.namedTokens
        model = parts.model
        normalizers = parts.normalizers
        preTokenizer = parts.preTokenizer
        added = AddedTokens(parts.added.filter { !$0.isNormalized })
        addedNormalized = AddedTokens(parts.added.filter(\.isNormalized))
        addedContent = Dictionary(
            parts.added.map { ($0.id, $0.content) }, uniquingKeysWith: { first, _ in first })
        special = Set(parts.added.filter(\.isSpecial).map(\.id))
        prefix = parts.prefix
        suffix = parts.suffix
        decoder = TokenDecoder(style: parts.decoding)
    }

    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - allowingSpecialTokens: whether `<|im_end|>` in the text becomes that token. False for
    ///     whatever a user or a document says.
    ///   - addingSpecialTokens: whether the tokens that begin and end a text are put around it.
    public func encode(
        _ text: String, allowingSpecialTokens: Bool, addingSpecialTokens: Bool
    ) -> [TokenID] {
        let trust: Trust = allowingSpecialTokens ? .all : .nothing
        let tokens = encode(Array(text.utf8), trust: trust, tokenCountMax: .max)
        return addingSpecialTokens ? prefix + tokens + suffix : tokens
    }

    /// At most `tokenCountMax` tokens of an untrusted text, special tokens around it included.
    ///
    /// What is too long loses its end, and costs no more than what is kept.
    public func encodeTruncated(_ text: String, tokenCountMax: Int) -> [TokenID] {
        let room = max(0, tokenCountMax - prefix.count - suffix.count)
        let tokens = encode(Array(text.utf8), trust: .nothing, tokenCountMax: room)
        return prefix + tokens.prefix(room) + suffix
    }

    /// The tokens of a rendered chat template.
    ///
    /// The segments are one text: a word may begin in one and end in the next. But only trusted
    /// text spells special tokens. Nothing is put around it; templates write their own beginning.
    public func encodePrompt(_ segments: [PromptSegment]) -> [TokenID] {
        var text: [UInt8] = []
        var trusted: [Range<Int>] = []
        for segment in segments where !segment.text.isEmpty {
            let start = text.count
            text.append(contentsOf: segment.text.utf8)
            guard segment.isTrusted else { continue }
            if let last = trusted.last, last.upperBound == start {
                trusted[trusted.count - 1] = last.lowerBound..<text.count
            } else {
                trusted.append(start..<text.count)
            }
        }
        return encode(text, trust: .ranges(trusted), tokenCountMax: .max)
    }

    /// Whether the token is a control token, which is no part of the text.
    public func isSpecial(_ token: TokenID) -> Bool { special.contains(token) }

    /// The number of the token that is spelt exactly so, if there is one.
    public func token(spelt text: String) -> TokenID? {
        let bytes = Array(text.utf8)
        if let added = addedContent.first(where: { $0.value == bytes }) { return added.key }
        let token = model.tokens.find(bytes)
        return token >= 0 ? token : nil
    }

    /// The text of these tokens; what is not UTF-8 becomes U+FFFD, a number that is no token
    /// nothing.
    public func decode(_ tokens: [TokenID], skippingSpecialTokens: Bool) -> String {
        var decoder = makeDecoder(skippingSpecialTokens: skippingSpecialTokens)
        var text = ""
        for token in tokens { text += decoder.append(token) }
        return text + decoder.finish()
    }

    /// A decoder for tokens that come one at a time.
    public func makeDecoder(skippingSpecialTokens: Bool = true) -> StreamDecoder {
        StreamDecoder(self, skipsSpecialTokens: skippingSpecialTokens)
    }

    /// The bytes that a token adds in the midst of a text.
    public func bytes(of token: TokenID) -> [UInt8] { bytes(of: token, isFirst: false) }

    func bytes(of token: TokenID, isFirst: Bool) -> [UInt8] {
        if let content = addedContent[token] {
            return decoder.bytes(content[...], isFirst: isFirst)
        }
        guard token >= 0, token < model.tokens.count else { return [] }
        return decoder.bytes(model.tokens[token], isFirst: isFirst)
    }
}

extension Tokenizer {
    private func encode(_ text: [UInt8], trust: Trust, tokenCountMax: Int) -> [TokenID] {
        var encoder = WordEncoder(model, textByteCount: text.count, tokenCountMax: tokenCountMax)
        for piece in added.split(text, 0..<text.count, trust: trust) {
            switch piece {
            case .token(let token): encoder.append(token)
            case .text(let range): encode(text, range, &encoder)
            }
        }
        return encoder.result
    }

    /// Encodes a stretch without added tokens that are found in raw text.
    private func encode(_ text: [UInt8], _ range: Range<Int>, _ encoder: inout WordEncoder) {
        guard changesText else { return encodeWords(text, range, &encoder) }
        let normal = normalizers.reduce(Array(text[range])) { $1.apply($0) }
        for piece in addedNormalized.split(normal, 0..<normal.count, trust: .all) {
            switch piece {
            case .token(let token):
                encoder.append(token)
            case .text(let part):
                let isStart = range.lowerBound == 0 && part.lowerBound == 0
                let text = preTokenizer.rewritten(Array(normal[part]), isStart: isStart)
                encodeWords(text, 0..<text.count, &encoder)
            }
        }
    }

    private var changesText: Bool {
        !normalizers.isEmpty || !addedNormalized.isEmpty || preTokenizer.rewrites
    }

    private func encodeWords(_ text: [UInt8], _ range: Range<Int>, _ encoder: inout WordEncoder) {
        for word in preTokenizer.words(text, range) {
            if encoder.isFull { return }
            encoder.append(text, word)
        }
    }
}
