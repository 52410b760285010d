import Testing

@testable import Knowledge

@Suite struct LexicalQueryTests {
    @Test(arguments: [
        ("What is the capital of France?", ["capital", "france"]),
        ("to be or not to be", ["to", "be", "or", "not"]),
        ("NEAR(a b, 3) AND text:x", ["near", "b", "3", "text", "x"]), ("\"\"", []),
        ("naïve Ünï", ["naïve", "ünï"]),
        ("red RED Red", ["red"]), ("don't", ["don", "t"]), ("🚀 --", []),
    ]) func `a query is its telling words`(text: String, expected: [String]) {
        #expect(LexicalQuery(text).words == expected)
    }

    private static let hostile = [
        "\"", "\"\"\"", "x\" OR \"y", "*", "x*", "^x", "-x", "NOT x", "x AND", "OR", "NEAR(",
        "text: x", "{a b}: c", "(((", "x + y",
        "'; DROP TABLE passage; --", "\u{0}x", "x\u{0}y", "rowid:1", "terms_1 MATCH 'x'", "\\",
        "%s%n", "\u{FFFD}\u{200B}x",
        String(repeating: "a ", count: 10_000), String(repeating: "x", count: 30_000),
        "e\u{301}" + String(repeating: "\u{301}", count: 500),
    ]

    @Test(arguments: hostile) func `no query reaches FTS5's grammar`(text: String) async throws {
        let directory = TemporaryDirectory()
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        _ = try await store.upsert(document("d", "x y near or and not drop table passage"), in: "c")
        for sides in [SearchSides.lexical, .hybrid(.standard)] {
            #expect(try await store.hits(text, sides).count <= 1)
        }
        #expect(try await store.complaints().isEmpty)
    }
}
