import Testing

@testable import Knowledge

@Suite struct PassageCutterTests {
    private let cutter = PassageCutter(tokenCount: wordCount)

    private func passages(_ text: String, title: String = "", as mediaType: MediaType = .plainText)
        throws -> [Passage]
    {
        try cutter.passages(of: document("d", text, title: title, as: mediaType))
    }

    private static let texts = [
        lorem, String(repeating: lorem + "\n\n", count: 20),
        String(repeating: lorem + " ", count: 20),
        "# A\n\n## B\n\ntext of b\n\n## C\n\ntext of c\n", "", " \n\t\n", "x",
        "\u{FEFF}# Häßlich\r\n\r\nZeile\r\n",
        String(repeating: "東京は日本の首都である。人口が多い。", count: 60), String(repeating: "🧑‍🚀", count: 2_000),
        String(repeating: "é", count: 5_000), String(repeating: "word ", count: 3_000),
        "Title\n=====\n\nBody.\n\nSub\n---\n\n- item one\n- item two\n\n```\n# no heading\n```\n",
    ]

    @Test(arguments: texts, [MediaType.plainText, .markdown])
    func `a passage is its bytes of the source`(text: String, mediaType: MediaType) throws {
        let source = Array(text.utf8)
        for passage in try passages(text, as: mediaType) {
            let slice = try #require(String(validating: source[passage.byteRange], as: UTF8.self))
            #expect(slice == passage.text)
            #expect(
                !slice.isEmpty && slice.first?.isWhitespace == false
                    && slice.last?.isWhitespace == false)
        }
    }

    @Test(arguments: texts, [MediaType.plainText, .markdown])
    func `passages follow each other and leave out nothing but white space`(
        text: String, mediaType: MediaType
    ) throws {
        let source = Array(text.utf8)
        var covered = 0
        for passage in try passages(text, as: mediaType) {
            #expect(passage.byteRange.lowerBound >= covered)
            #expect(source[covered..<passage.byteRange.lowerBound].allSatisfy { $0.isSpace })
            covered = passage.byteRange.upperBound
        }
        #expect(source[covered...].allSatisfy { $0.isSpace })
    }

    @Test(arguments: texts) func `no passage is longer than the encoder can read`(text: String)
        throws
    {
        for passage in try passages(text, as: .markdown) {
            #expect(wordCount(passage.text) <= Chunker.tokenCountMax)
        }
    }

    @Test func `passages of one section are about equally long`() throws {
        let lengths = try passages(String(repeating: lorem + " ", count: 11)).map {
            wordCount($0.text)
        }
        let shortest = try #require(lengths.min()), longest = try #require(lengths.max())
        #expect(lengths.count > 2 && shortest * 2 > longest, "\(lengths)")
    }

    @Test func `a heading begins a passage, and those above are its context`() throws {
        let found = try passages(
            "# A\n\nin a\n\n## B ##\n\nin b\n\n# C\n\n## D\n\nin d\n", title: "T", as: .markdown)
        #expect(found.map(\.text) == ["# A\n\nin a", "## B ##\n\nin b", "# C\n\n## D\n\nin d"])
        #expect(found.map(\.context) == ["T", "T\nA", "T"])
    }

    @Test func `later passages of a section know its heading`() throws {
        let found = try passages(
            "# Long\n\n" + String(repeating: lorem + "\n\n", count: 10), as: .markdown)
        #expect(found.count > 1)
        #expect(found.dropFirst().allSatisfy { $0.context == "Long" })
    }

    @Test func `a long context gives way, outermost first`() throws {
        let outer = String(repeating: "outer ", count: 60)
        let found = try passages(
            "# \(outer)\n\n# x\n\n## near\n\ntext", title: outer, as: .markdown)
        #expect(found.last?.context == "x" || found.last?.context == "")
        #expect(found.allSatisfy { wordCount($0.context) <= PassageCutter.contextTokenCountMax })
    }

    @Test(arguments: [
        ("One. Two! Three? four.", ["One. ", "Two! ", "Three? four."]),
        ("Dr. Smith and J. Doe met. They spoke.", ["Dr. Smith and J. Doe met. ", "They spoke."]),
        (
            "It cost 3.5 million. (So they say.) \"Really?\" Yes.",
            ["It cost 3.5 million. ", "(So they say.) ", "\"Really?\" ", "Yes."]
        ),
        ("e.g. This stays", ["e.g. This stays"]),
        ("天。地。", ["天。", "地。"]),
    ]) func `sentences end where readers say they do`(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        #expect(
            Sentences.ranges(in: 0..<bytes.count, of: bytes).map { bytes.string($0) } == expected)
    }
}
