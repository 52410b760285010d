/// The block structure of Markdown, as far as passages need it: headings of both kinds, fenced
/// code, list items, paragraphs. Marks within a line stay as they are, because a passage is the
/// source's own bytes.
enum Markdown {
    static func blocks(of text: [UInt8]) -> [Block] {
        var scanner = MarkdownScanner(text: text)
        for line in PlainText.lines(of: text) { scanner.take(line) }
        scanner.endParagraph()
        return scanner.blocks
    }
}

private struct MarkdownScanner {
    let text: [UInt8]
    var blocks: [Block] = []
    private var paragraph: [Range<Int>] = []
    /// The mark that opened the fenced code in which we are.
    private var fence: ArraySlice<UInt8>?

    init(text: [UInt8]) { self.text = text }

    mutating func take(_ line: Range<Int>) {
        let content = text[text.trimmed(line)]
        if let open = fence {
            paragraph.append(line)
            if content.starts(with: open), content.allSatisfy({ $0 == open.first }) { fence = nil }
        } else if content.isEmpty {
            endParagraph()
        } else if let level = headingLevel(of: content) {
            endParagraph()
            add(heading: content.drop { $0 == UInt8(ascii: "#") }, level: level, range: line)
        } else if let level = underlineLevel(of: content), paragraph.count == 1 {
            let title = text[text.trimmed(paragraph[0])]
            add(heading: title, level: level, range: paragraph[0].lowerBound..<line.upperBound)
            paragraph = []
        } else {
            if isListItem(content) || openFence(content) { endParagraph() }
            fence = openingFence(of: content)
            paragraph.append(line)
        }
    }

    mutating func endParagraph() {
        if let first = paragraph.first, let last = paragraph.last {
            blocks.append(Block(role: .paragraph, range: first.lowerBound..<last.upperBound))
        }
        paragraph = []
    }

    private mutating func add(heading: ArraySlice<UInt8>, level: Int, range: Range<Int>) {
        let title = String(decoding: heading, as: UTF8.self).trimmingMarks
        blocks.append(Block(role: .heading(level: level, title: title), range: range))
    }

    private func headingLevel(of line: ArraySlice<UInt8>) -> Int? {
        let marks = line.prefix { $0 == UInt8(ascii: "#") }
        guard (1...6).contains(marks.count) else { return nil }
        return line.dropFirst(marks.count).first?.isSpace ?? true ? marks.count : nil
    }

    private func underlineLevel(of line: ArraySlice<UInt8>) -> Int? {
        if line.allSatisfy({ $0 == UInt8(ascii: "=") }) { return 1 }
        return line.allSatisfy { $0 == UInt8(ascii: "-") } ? 2 : nil
    }

    private func isListItem(_ line: ArraySlice<UInt8>) -> Bool {
        let mark = line.prefix { !$0.isSpace }
        guard mark.count < line.count, let last = mark.last else { return false }
        if mark.count == 1 {
            return [UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "+")].contains(last)
        }
        return mark.dropLast().allSatisfy(\.isDigit)
            && (last == UInt8(ascii: ".") || last == UInt8(ascii: ")"))
    }

    private func openFence(_ line: ArraySlice<UInt8>) -> Bool { openingFence(of: line) != nil }

    private func openingFence(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let mark = line.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
            return nil
        }
        let marks = line.prefix { $0 == mark }
        return marks.count >= 3 ? marks : nil
    }
}

extension String {
    /// Without the white space and closing `#` marks around a heading.
    fileprivate var trimmingMarks: String {
        let isMark: (Character) -> Bool = { $0.isWhitespace || $0 == "#" }
        guard let last = lastIndex(where: { !isMark($0) }) else { return "" }
        return String(self[...last].drop(while: \.isWhitespace))
    }
}
