/// Byte-pair encoding of one word: smallest symbols first, then merges in the order of their rank.
///
/// Sennrich et al. 2016, section 3.2; byte alphabet as in GPT-2, or characters with a fallback to
/// byte tokens as in SentencePiece.
struct BytePairModel: Sendable {
    /// What a word is made of before the first merge.
    enum Alphabet: Sendable {
        /// Bytes, each with its token.
        case bytes([TokenID])
        /// Characters. One that has no token becomes `unknown`.
        case characters(Unknown)

        /// The byte alphabet of a vocabulary.
        static func bytes(of tokens: borrowing TokenTable) -> Alphabet {
            var numbers: [TokenID] = []
            for byte in UInt8.min...UInt8.max { numbers.append(tokens.find([byte])) }
            return .bytes(numbers)
        }
    }

    /// What becomes of a character without a token.
    struct Unknown: Sendable {
        /// The tokens `<0x00>` … `<0xFF>`, when the vocabulary falls back to bytes.
        let bytes: [TokenID]?
        let token: TokenID?
        /// Whether neighbours that are both unknown become one token.
        let isFused: Bool
    }

    let tokens: TokenTable
    let merges: MergeTable
    let alphabet: Alphabet
    /// Whether a word that is a token is taken whole, whatever the merges say (Llama 3).
    let ignoresMerges: Bool

    /// Whether a token that merges can make or a character can be fulfils the condition.
    func hasToken(where condition: (ArraySlice<UInt8>) -> Bool) -> Bool {
        (0..<TokenID(tokens.count)).contains { condition(tokens[$0]) }
    }

    /// Appends the tokens of the word at `range`.
    func encode(
        _ text: borrowing [UInt8], _ range: Range<Int>, list: inout MergeList,
        into result: inout [TokenID]
    ) {
        if ignoresMerges || range.count == 1 {
            let whole = tokens.find(text, range)
            if whole >= 0 { return result.append(whole) }
        }
        list.removeAll()
        switch alphabet {
        case .bytes(let byteTokens):
            for index in range { appendByte(byteTokens[Int(text[index])], to: &list) }
        case .characters(let unknown):
            appendCharacters(text, range, unknown, to: &list)
        }
        list.merge(by: merges, into: &result)
    }

    /// A byte that the vocabulary lacks is left out, as in the reference library.
    private func appendByte(_ token: TokenID, to list: inout MergeList) {
        if token >= 0 { list.append(token) }
    }

    private func appendCharacters(
        _ text: borrowing [UInt8], _ range: Range<Int>, _ unknown: Unknown, to list: inout MergeList
    ) {
        var index = range.lowerBound
        var wasUnknown = false
        while index < range.upperBound {
            let end = index + DecodedScalar(text, at: index).byteCount
            let token = tokens.find(text, index..<end)
            if token >= 0 {
                list.append(token)
                wasUnknown = false
            } else {
                wasUnknown = append(text, index..<end, unknown, wasUnknown, to: &list)
            }
            index = end
        }
    }

    /// Appends what stands for an unknown character; true when that is the unknown token.
    private func append(
        _ text: borrowing [UInt8], _ range: Range<Int>, _ unknown: Unknown, _ wasUnknown: Bool,
        to list: inout MergeList
    ) -> Bool {
        if let bytes = unknown.bytes {
            for index in range { list.append(bytes[Int(text[index])]) }
            return false
        }
        guard let token = unknown.token else { return false }
        if !(unknown.isFused && wasUnknown) { list.append(token) }
        return true
    }
}
