import Testing

@testable import Tokenization

@Suite struct DecodingTests {
    private static let byteLevel = ["llama3", "smollm"]

    @Test(arguments: byteLevel) func `a byte-level text comes back as it was`(name: String) throws {
        let tokenizer = try Vocabulary.tokenizer(name)
        for text in MixedText.syntheticLines(seed: 11, count: 500) {
            let ids = tokenizer.encode(
                text, allowingSpecialTokens: true, addingSpecialTokens: false)
            #expect(
                tokenizer.decode(ids, skippingSpecialTokens: false).utf8.elementsEqual(text.utf8))
        }
    }

    @Test(arguments: TokenizerTests.styles)
    func `tokens one at a time give the text of all tokens`(name: String) throws {
        let tokenizer = try Vocabulary.tokenizer(name)
        var random = MixedText(seed: 5)
        for _ in 0..<300 {
            let ids = (0..<random.below(12)).map { _ in
                TokenID(random.below(tokenizer.vocabularySize))
            }
            var decoder = tokenizer.makeDecoder(skippingSpecialTokens: false)
            let pieces = ids.map { decoder.append($0) } + [decoder.finish()]
            let bytes = ids.enumerated().flatMap { tokenizer.bytes(of: $1, isFirst: $0 == 0) }
            #expect(pieces.joined() == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `a character of several tokens comes out whole`() throws {
        let tokenizer = try Vocabulary.tokenizer("llama3")
        let ids = tokenizer.encode("👩‍🚀", allowingSpecialTokens: false, addingSpecialTokens: false)
        var decoder = tokenizer.makeDecoder()
        let pieces = ids.map { decoder.append($0) }
        #expect(ids.count > 3 && pieces.joined() == "👩‍🚀")
        #expect(!pieces.joined().unicodeScalars.contains("\u{FFFD}"))
        #expect(decoder.finish() == "")
    }

    @Test func `an incomplete character comes out as a replacement at the end`() throws {
        let tokenizer = try Vocabulary.tokenizer("smollm")
        let ids = tokenizer.encode("é", allowingSpecialTokens: false, addingSpecialTokens: false)
        var decoder = tokenizer.makeDecoder()
        guard ids.count == 2 else { return }
        #expect(decoder.append(ids[0]) == "" && decoder.finish() == "\u{FFFD}")
    }

    @Test func `special tokens are left out when asked, and numbers that are no tokens always`()
        throws
    {
        let tokenizer = try Vocabulary.tokenizer("llama3")
        let ids = tokenizer.encode(
            "<|im_start|>hi<|im_end|>", allowingSpecialTokens: true, addingSpecialTokens: true)
        #expect(tokenizer.decode(ids + [-1, 1 << 20], skippingSpecialTokens: true) == "hi")
        #expect(
            tokenizer.decode(ids, skippingSpecialTokens: false)
                == "<|begin_of_text|><|im_start|>hi<|im_end|>")
        #expect(
            tokenizer.endOfSequence
                == Set(["<|im_end|>", "<|eot_id|>"].compactMap { tokenizer.token(spelt: $0) }))
    }

    @Test func `a text that is cut to length keeps the tokens around it`() throws {
        let tokenizer = try Vocabulary.tokenizer("wordpiece")
        let text = "the quick brown fox jumps over a lazy dog"
        let whole = tokenizer.encode(text, allowingSpecialTokens: false, addingSpecialTokens: true)
        #expect(tokenizer.encodeTruncated(text, tokenCountMax: 512) == whole)
        let cut = tokenizer.encodeTruncated(text, tokenCountMax: 6)
        #expect(cut == whole.prefix(5) + whole.suffix(1))
    }
}
