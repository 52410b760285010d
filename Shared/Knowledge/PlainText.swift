/// Lines and paragraphs of text whose only structure is the blank line.
enum PlainText {
    /// Paragraphs: lines up to the next blank one.
    static func blocks(of text: [UInt8]) -> [Block] {
        paragraphs(lines(of: text)[...], in: text)
    }

    /// The lines of a text, each with its line break; together they are the whole text.
    static func lines(of text: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(start..<index + 1)
            start = index + 1
        }
        if start < text.count { lines.append(start..<text.count) }
        return lines
    }

    static func paragraphs(_ lines: ArraySlice<Range<Int>>, in text: [UInt8]) -> [Block] {
        lines.split { text[$0].allSatisfy(\.isSpace) }.map { lines in
            // `split` omits empty sequences.
            Block(role: .paragraph, range: lines.first!.lowerBound..<lines.last!.upperBound)
        }
    }
}

extension UInt8 {
    /// ASCII white space.
    var isSpace: Bool { self == 32 || (9...13).contains(self) }
    var isDigit: Bool { (48...57).contains(self) }
    var isUppercase: Bool { (65...90).contains(self) }
    var isLetter: Bool { isUppercase || (97...122).contains(self) }
    /// The second, third or fourth byte of a UTF-8 character.
    var isContinuation: Bool { self & 0xC0 == 0x80 }
}

extension Array<UInt8> {
    /// `range` without white space at its ends; empty, at its start, when there is nothing else.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        guard let first = self[range].firstIndex(where: { !$0.isSpace }),
            let last = self[range].lastIndex(where: { !$0.isSpace })
        else { return range.lowerBound..<range.lowerBound }
        return first..<last + 1
    }

    func string(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }
}
