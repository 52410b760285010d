internal import Testing

@testable internal import MeshCtl

@Suite struct TerminalTests {
    @Test func `columns are as wide as their widest cell, numbers stand to the right`() {
        var table = Table("name", "count", "note")
        table.add("a", "7", "x")
        table.add("longer", "12,345", "")
        #expect(table.lines == ["name     count  note", "a            7  x", "longer  12,345"])
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
