import Testing

@testable import Tokenization

@Suite struct BytePairTests {
    /// Merges as the paper says it: look for the earliest merge, apply it, look again.
    private func merged(_ symbols: [TokenID], _ table: MergeTable) -> [TokenID] {
        var symbols = symbols
        while true {
            let pairs = symbols.indices.dropLast().map {
                ($0, table.find(symbols[$0], symbols[$0 + 1]))
            }
            guard let best = pairs.filter({ $0.1.result >= 0 }).min(by: { $0.1.rank < $1.1.rank })
            else {
                return symbols
            }
            symbols.replaceSubrange(best.0...(best.0 + 1), with: [best.1.result])
        }
    }

    @Test func `the queue merges as the plain search does`() throws {
        var random = MixedText(seed: 9)
        for _ in 0..<200 {
            var table = MergeTable(capacity: 4)
            var next: TokenID = 3
            for rank in 0..<Int32(random.below(30)) {
                let (left, right) = (
                    TokenID(random.below(Int(next))), TokenID(random.below(Int(next)))
                )
                guard table.find(left, right).result < 0 else { continue }
                try table.insert(left, right, rank: rank, result: next)
                next += 1
            }
            let word = (0..<random.below(40)).map { _ in TokenID(random.below(3)) }
            var list = MergeList()
            var found: [TokenID] = []
            for symbol in word { list.append(symbol) }
            list.merge(by: table, into: &found)
            #expect(found == merged(word, table))
        }
    }

    @Test(arguments: ["a", " ", "é", "\n", "ab1", "▁"])
    func `a long word without a cut takes no longer than its length`(unit: String) throws {
        // A quadratic merge would take minutes for these 32 KB.
        let text = String(repeating: unit, count: (1 << 15) / unit.utf8.count)
        for name in ["smollm", "mistral"] {
            let tokenizer = try Vocabulary.tokenizer(name)
            let ids = tokenizer.encode(
                text, allowingSpecialTokens: false, addingSpecialTokens: false)
            let back = tokenizer.decode(ids, skippingSpecialTokens: false)
            #expect(name == "mistral" ? !ids.isEmpty : back.utf8.elementsEqual(text.utf8))
        }
    }

    @Test func `a run of combining marks is put in order in good time`() throws {
        // Marks of classes 230 and 220 in turn; swapping neighbours would take 10^8 steps.
        let marks = String(repeating: "\u{301}\u{316}", count: 5_000)
        let ordered = UnicodeForm.nfd.apply(Array(("e" + marks).utf8))
        let expected =
            "e" + String(repeating: "\u{316}", count: 5_000)
            + String(repeating: "\u{301}", count: 5_000)
        #expect(ordered.elementsEqual(expected.utf8))
        #expect(UnicodeForm.nfc.apply(Array("e\u{301}\u{316}".utf8)) == Array("\u{E9}\u{316}".utf8))
    }

    @Test func `two spellings of a letter are two tokens`() throws {
        var table = TokenTable(capacity: 2)
        try table.append("\u{E9}".utf8)
        try table.append("e\u{301}".utf8)
        #expect(table.find("\u{E9}".utf8) == 0 && table.find("e\u{301}".utf8) == 1)
    }
}
