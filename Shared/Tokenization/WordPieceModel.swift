/// WordPiece: the longest token that a word starts with, then the longest continuation, and so on.
///
/// Schuster and Nakajima 2012, greedy as in BERT. A word of which any part is not in the
/// vocabulary is unknown as a whole.
struct WordPieceModel: Sendable {
    /// All tokens by number.
    let tokens: TokenTable
    /// The continuations alone, without their prefix; `numbers` gives their token numbers.
    let continuations: TokenTable
    let numbers: [TokenID]
    let unknown: TokenID
    /// Bytes of the longest token; no longer part of a word is looked up.
    let tokenByteCountMax: Int
    /// Characters of the longest word that is looked up; a longer one is unknown.
    let wordCharacterCountMax: Int

    init(
        tokens: TokenTable, prefix: [UInt8], unknown: TokenID, wordCharacterCountMax: Int
    ) throws(TokenizationError) {
        var continuations = TokenTable(capacity: tokens.count)
        var numbers: [TokenID] = []
        for token in 0..<TokenID(tokens.count)
        where tokens[token].starts(with: prefix) && tokens[token].count > prefix.count {
            try continuations.append(tokens[token].dropFirst(prefix.count))
            numbers.append(token)
        }
        self.tokens = tokens
        self.continuations = continuations
        self.numbers = numbers
        self.unknown = unknown
        tokenByteCountMax = (0..<TokenID(tokens.count)).map { tokens[$0].count }.max() ?? 0
        self.wordCharacterCountMax = wordCharacterCountMax
    }

    /// Appends the tokens of the word at `range`.
    func encode(_ text: borrowing [UInt8], _ range: Range<Int>, into result: inout [TokenID]) {
        guard isShort(text, range) else { return result.append(unknown) }
        let start = result.count
        var index = range.lowerBound
        while index < range.upperBound {
            let (token, end) = longest(text, index, range)
            guard token >= 0 else {
                result.removeSubrange(start...)
                return result.append(unknown)
            }
            result.append(token)
            index = end
        }
    }

    private func isShort(_ text: borrowing [UInt8], _ range: Range<Int>) -> Bool {
        guard range.count > wordCharacterCountMax else { return true }
        guard range.count <= wordCharacterCountMax * 4 else { return false }
        var count = 0
        for index in range where text[index] & 0xC0 != 0x80 { count += 1 }
        return count <= wordCharacterCountMax
    }

    private func longest(
        _ text: borrowing [UInt8], _ start: Int, _ range: Range<Int>
    ) -> (token: TokenID, end: Int) {
        var end = range.upperBound
        if end - start > tokenByteCountMax {
            end = text.scalarStart(before: start + tokenByteCountMax + 1)
        }
        while end > start {
            let token = find(text, start..<end, isContinuation: start > range.lowerBound)
            if token >= 0 { return (token, end) }
            end = text.scalarStart(before: end)
        }
        return (.none, start)
    }

    private func find(
        _ text: borrowing [UInt8], _ range: Range<Int>, isContinuation: Bool
    ) -> TokenID {
        guard isContinuation else { return tokens.find(text, range) }
        let number = continuations.find(text, range)
        return number < 0 ? .none : numbers[Int(number)]
    }
}
