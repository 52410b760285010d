import Testing

@testable import Tokenization

/// Token ids of the `tokenizers` and `sentencepiece` libraries; see `Fixtures/make_tokenizers.py`.
@Suite struct TokenizerTests {
    static let styles = [
        "gpt2", "llama3", "qwen2", "smollm", "olmoe", "llama2", "mistral", "metaspace", "wordpiece",
        "sentencepiece",
    ]

    private func encode(_ line: String, _ tokenizer: Tokenizer, _ name: String) -> [TokenID] {
        // The sentencepiece library knows no special tokens in text.
        tokenizer.encode(
            line, allowingSpecialTokens: name != "sentencepiece", addingSpecialTokens: true)
    }

    @Test func `the lines are those that the references saw`() throws {
        let lines: [String] = try Fixture.decoded("tokenizers/lines.json")
        #expect(MixedText.syntheticLines(seed: 1, count: 300) == lines)
    }

    @Test(arguments: styles)
    func `300 lines of mixed text have the reference's token ids`(name: String) throws {
        let tokenizer = try Vocabulary.tokenizer(name)
        let lines: [String] = try Fixture.decoded("tokenizers/lines.json")
        let expected = try Fixture.tokens("tokenizers/\(name).ids")
        #expect(lines.count == 300 && expected.count == 300)
        for (line, ids) in zip(lines, expected) {
            #expect(encode(line, tokenizer, name) == ids, "\(line.debugDescription)")
        }
    }

    @Test(arguments: styles)
    func `decoding gives the reference's text`(name: String) throws {
        let tokenizer = try Vocabulary.tokenizer(name)
        let texts = try Fixture.tokens("tokenizers/\(name).ids").map {
            tokenizer.decode($0, skippingSpecialTokens: name == "sentencepiece")
        }
        let digest = Digest.text(texts.joined(separator: "\n"))
        #expect(digest == (try Digest.golden())[name]?.decoded)
    }

    @Test(
        .enabled(if: Cache.has(Cache.data + "/squad"), "needs the data folder"), arguments: styles)
    func `1,000 further lines, half of them prose, have the reference's token ids`(name: String)
        throws
    {
        try check(name, try Vocabulary.tokenizer(name))
    }

    @Test(
        .enabled(
            if: Cache.has(Cache.smolLM2) && Cache.has(Cache.data + "/squad"),
            "needs the fetched SmolLM2 and the data folder"))
    func `10,000 lines have the reference's token ids with SmolLM2's GGUF vocabulary`() throws {
        try check("smollm2", try Vocabulary.smolLM2())
    }

    @Test(
        .enabled(
            if: Cache.has(Cache.miniLM) && Cache.has(Cache.data + "/squad"),
            "needs the fetched MiniLM and the data folder"))
    func `10,000 lines have the reference's token ids with MiniLM's vocabulary`() throws {
        try check("minilm", try Tokenizer(huggingFace: try Fixture.read(Cache.miniLM)))
    }

    private func check(_ name: String, _ tokenizer: Tokenizer) throws {
        let lines = try MixedText.shared.get()
        let expected = try #require(try Digest.golden()[name]).hundreds
        for (number, digest) in expected.enumerated() {
            let hundred = lines[(number * 100)..<(number * 100 + 100)]
            let found = Digest.tokens(hundred.map { encode($0, tokenizer, name) })
            #expect(found == digest, "lines from \(number * 100)")
        }
    }

    @Test(arguments: ["llama3", "qwen2", "smollm", "olmoe"])
    func `a byte-level vocabulary in GGUF metadata gives the same token ids`(name: String) throws {
        let tokenizer = try Tokenizer(gguf: try Vocabulary.gguf(byteLevel: name))
        let reference = try Vocabulary.tokenizer(name)
        let lines: [String] = try Fixture.decoded("tokenizers/lines.json")
        for line in lines {
            let ids = tokenizer.encode(
                line, allowingSpecialTokens: false, addingSpecialTokens: true)
            let expected = reference.encode(
                line, allowingSpecialTokens: false, addingSpecialTokens: true)
            #expect(ids == expected, "\(line.debugDescription)")
        }
    }
}

extension MixedText {
    /// The lines of the large tests, made once.
    static let shared = Result { try lines(seed: 2, count: 10_000, folder: Cache.data) }
}
