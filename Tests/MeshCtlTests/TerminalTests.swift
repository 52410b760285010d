internal import JSON
internal import Testing

@testable internal import MeshCtl

@Suite struct TerminalTests {
    @Test func `columns are as wide as their widest cell, numbers stand to the right`() {
        var table = Table("name", "count", "note")
        table.add("a", "7", "x")
        table.add("longer", "12,345", "")
        #expect(table.lines == ["name     count  note", "a            7  x", "longer  12,345"])
    }

    @Test(arguments: [
        ("plain é 🦀\n\ttext", "plain é 🦀\n\ttext"), ("\u{1B}[2Jgone", "\u{FFFD}[2Jgone"),
        ("a\rb\u{7F}\u{9B}", "a\u{FFFD}b\u{FFFD}\u{FFFD}"), ("\r\n", "\u{FFFD}\n"),
        ("x\u{202E}dm.exe", "x\u{FFFD}dm.exe"),
    ])
    func `no control character of others reaches the terminal`(raw: String, shown: String) {
        #expect(raw.plainText == shown)
    }

    @Test func `a cell of a table stays one line`() {
        var table = Table("note")
        table.add("two\nlines\u{1B}c")
        #expect(table.lines[1] == "two lines\u{FFFD}c")
    }

    @Test func `JSON without control characters says the same`() throws {
        let value: JSONValue = .string("a\u{9B}b\u{7F}\u{1B}é")
        let text = value.description.plainJSON
        #expect(text == #""a\u009bb\u007f\u001bé""#)
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB")])
    func `bytes are written as a person reads them`(count: Int, text: String) {
        #expect(count.inBytes == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1234, "-1,234"),
    ])
    func `thousands are set apart`(number: Int, text: String) {
        #expect(number.grouped == text)
    }

    @Test func `a bar fills from left to right and keeps its width`() {
        let bar = ProgressBar(title: "work", total: 16)
        let lines = (0...16).map { bar.line(done: $0, note: "") }
        #expect(Set(lines.map { $0.filter { "█▏▎▍▌▋▊▉·".contains($0) }.count }) == [28])
        #expect(lines[0].contains("····  0/16"))
        #expect(lines[16].contains("████  16/16"))
        #expect(!lines[16].contains("·"))
    }
}
