/// How a word becomes tokens.
enum WordModel: Sendable {
    case bytePair(BytePairModel)
    case wordPiece(WordPieceModel)

    var tokens: TokenTable {
        switch self {
        case .bytePair(let model): model.tokens
        case .wordPiece(let model): model.tokens
        }
    }
}

/// One call of `encode`: the tokens so far, and scratch memory that all words share.
struct WordEncoder {
    private(set) var result: [TokenID] = []
    private let model: WordModel
    private var list = MergeList()
    private var cache: WordCache
    private let tokenCountMax: Int

    /// Stops after `tokenCountMax` tokens.
    init(_ model: WordModel, textByteCount: Int, tokenCountMax: Int = .max) {
        self.model = model
        self.tokenCountMax = tokenCountMax
        cache = WordCache(textByteCount: textByteCount)
        if tokenCountMax == .max { result.reserveCapacity(textByteCount / 4 + 8) }
    }

    var isFull: Bool { result.count >= tokenCountMax }

    mutating func append(_ token: TokenID) { result.append(token) }

    /// Appends the tokens of a word. One over `wordByteCountMax` is cut between characters.
    mutating func append(_ text: borrowing [UInt8], _ word: Range<Int>) {
        var rest = word
        while rest.count > TokenizationMaxima.wordByteCountMax {
            let limit = rest.lowerBound + TokenizationMaxima.wordByteCountMax
            let cut = text.scalarStart(before: limit)
            encode(text, rest.lowerBound..<cut)
            rest = cut..<rest.upperBound
        }
        encode(text, rest)
    }

    private mutating func encode(_ text: borrowing [UInt8], _ word: Range<Int>) {
        let hash = ByteHash(text, word).value
        if cache.append(hash, text, word, to: &result) { return }
        let start = result.count
        switch model {
        case .bytePair(let model): model.encode(text, word, list: &list, into: &result)
        case .wordPiece(let model): model.encode(text, word, into: &result)
        }
        cache.insert(hash, text, word, result[start...])
    }
}
