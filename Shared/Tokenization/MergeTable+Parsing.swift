extension MergeTable {
    /// Merges from lines of two tokens with a space between, earliest first.
    ///
    /// `bytes` says what a token of the file stands for.
    init(
        parsing lines: [String], tokens: borrowing TokenTable, bytes: (String) -> [UInt8]
    ) throws(TokenizationError) {
        try self.init(pairCount: lines.count)
        for (rank, line) in lines.enumerated() {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Self.error(rank, "is not a pair") }
            try insert(bytes(String(parts[0])), bytes(String(parts[1])), rank, tokens)
        }
    }

    /// A table with room for so many merges, empty.
    init(pairCount: Int) throws(TokenizationError) {
        try TokenTable.check("mergeCountMax", pairCount, TokenizationMaxima.mergeCountMax)
        self.init(capacity: pairCount)
    }

    mutating func insert(
        _ left: [UInt8], _ right: [UInt8], _ rank: Int, _ tokens: borrowing TokenTable
    ) throws(TokenizationError) {
        let (first, second) = (tokens.find(left), tokens.find(right))
        let result = tokens.find(left + right)
        guard first >= 0, second >= 0, result >= 0 else {
            throw Self.error(rank, "names a token that the vocabulary lacks")
        }
        try insert(first, second, rank: Int32(rank), result: result)
    }

    private static func error(_ rank: Int, _ reason: String) -> TokenizationError {
        .malformedVocabulary(part: "merge \(rank)", reason: reason)
    }

    /// The merges that SentencePiece finds while it encodes: any two tokens that together are a
    /// token, the result of the higher score first.
    init(scores: [Float], tokens: borrowing TokenTable) throws(TokenizationError) {
        guard scores.count == tokens.count, scores.allSatisfy({ !$0.isNaN }) else {
            throw .malformedVocabulary(
                part: "scores", reason: "\(scores.count) numbers for \(tokens.count) tokens")
        }
        self.init(capacity: tokens.count * 2)
        let ranks = Self.ranks(of: scores)
        for token in 0..<TokenID(tokens.count) {
            let text = Array(tokens[token])
            guard tokens.find(text) == token else { continue }
            for split in 1..<max(1, text.count) where text[split] & 0xC0 != 0x80 {
                let left = tokens.find(text, 0..<split)
                let right = left < 0 ? .none : tokens.find(text, split..<text.count)
                guard right >= 0 else { continue }
                try TokenTable.check("mergeCountMax", count + 1, TokenizationMaxima.mergeCountMax)
                try insert(left, right, rank: ranks[Int(token)], result: token)
            }
        }
    }

    /// The place of each score among the different ones, highest first.
    private static func ranks(of scores: [Float]) -> [Int32] {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var ranks = Array(repeating: Int32(0), count: scores.count)
        var rank: Int32 = -1
        var last = Float.nan
        for index in order {
            if scores[index] != last { rank += 1 }
            last = scores[index]
            ranks[index] = rank
        }
        return ranks
    }
}
