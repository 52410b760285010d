internal import Testing

/// The scanner that the other rules stand on.
@Suite struct SwiftTextTests {
    @Test func `comments and strings are blanked, the rest stays in its place`() {
        let text = SwiftText("let a = \"un{safe\" // unsafe {\nlet b = 1 /* { /* } */ { */ + 2")
        #expect(
            text.lines.map(String.init) == ["let a =" + space(22), "let b = 1" + space(19) + "+ 2"])
    }

    @Test func `strings within interpolations do not end the string`() {
        let text = SwiftText(#"f("a \(g("}")) b") { x }"#)
        #expect(text.lines.map(String.init) == ["f(" + space(15) + ") { x }"])
    }

    @Test func `raw and multi-line strings end at their own quotes`() {
        let text = SwiftText("#\"a \" {\"# + \"\"\"\n \" { \n\"\"\" {")
        #expect(text.lines.last == "    {")
        #expect(text.lines.joined().filter { $0 == "{" }.count == 1)
    }

    @Test func `a function is measured from its name to its last brace`() {
        let source =
            "struct A {\n    init() {\n    }\n    func f(\n    ) {\n        if x { y() }\n    }\n}"
        #expect(SwiftText(source).bodies().map(\.length) == [2, 4])
        #expect(SwiftText(source).bodies().map(\.line) == [2, 4])
    }

    @Test func `a planted function of 61 lines is found`() {
        let source = "func f() {\n" + String(repeating: "    g()\n", count: 59) + "}"
        #expect(SwiftText(source).bodies().map(\.length) == [61])
    }

    private func space(_ count: Int) -> String { String(repeating: " ", count: count) }
}
