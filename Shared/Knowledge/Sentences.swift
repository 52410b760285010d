/// Where sentences end, told by punctuation alone.
enum Sentences {
    /// Cuts `range` of `text` into sentences, each with the white space that follows it.
    static func ranges(in range: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
        var sentences: [Range<Int>] = []
        var start = range.lowerBound
        for index in range where endsSentence(index, from: start, in: range, of: text) {
            let end = endOfSpace(after: index, in: range, of: text)
            guard end < range.upperBound else { break }
            sentences.append(start..<end)
            start = end
        }
        if start < range.upperBound { sentences.append(start..<range.upperBound) }
        return sentences
    }

    private static func endsSentence(
        _ index: Int, from start: Int, in range: Range<Int>, of text: [UInt8]
    ) -> Bool {
        guard index >= start else { return false }
        if isIdeographicStop(index, text) { return true }
        guard isStop(text[index]) else { return false }
        var next = index + 1
        while next < range.upperBound, isClosing(text[next]) { next += 1 }
        guard next < range.upperBound, text[next].isSpace else { return false }
        let following = endOfSpace(after: next, in: range, of: text)
        guard following < range.upperBound, startsSentence(text[following]) else { return false }
        return text[index] != UInt8(ascii: ".") || !isAbbreviation(text[start..<index])
    }

    /// The first byte after closing quotes and white space that follow `index`.
    private static func endOfSpace(after index: Int, in range: Range<Int>, of text: [UInt8]) -> Int
    {
        var end = index + 1
        while end < range.upperBound, isClosing(text[end]) { end += 1 }
        while end < range.upperBound, text[end].isSpace { end += 1 }
        return end
    }

    private static func isStop(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "!") || byte == UInt8(ascii: "?")
    }

    private static func isClosing(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ")"), UInt8(ascii: "]")].contains(byte)
    }

    /// Capital, digit, opening mark, or anything beyond ASCII, whose case we do not ask.
    private static func startsSentence(_ byte: UInt8) -> Bool {
        byte.isUppercase || byte.isDigit || byte >= 0x80
            || [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: "[")]
                .contains(byte)
    }

    /// The last byte of 。(E3 80 82), ！(EF BC 81) or ？(EF BC 9F).
    private static func isIdeographicStop(_ index: Int, _ text: [UInt8]) -> Bool {
        guard index >= 2, text[index] >= 0x80 else { return false }
        let character = (text[index - 2], text[index - 1], text[index])
        return character == (0xE3, 0x80, 0x82) || character == (0xEF, 0xBC, 0x81)
            || character == (0xEF, 0xBC, 0x9F)
    }

    private static let abbreviations: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "fig", "no", "vol", "pp",
        "ca", "cf",
        "e.g", "i.e", "al", "inc", "ltd", "co", "gen", "sen", "rep", "gov", "capt", "col", "lt",
        "approx",
    ]

    /// A single capital ("J. Smith") or a known short form before the full stop.
    private static func isAbbreviation(_ sentence: ArraySlice<UInt8>) -> Bool {
        let word = sentence.suffix(while: { !$0.isSpace && $0 != UInt8(ascii: "(") })
        if word.count == 1, let letter = word.first { return letter.isUppercase }
        return word.count <= 6
            && abbreviations.contains(String(decoding: word, as: UTF8.self).lowercased())
    }
}

extension ArraySlice<UInt8> {
    fileprivate func suffix(while predicate: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = lastIndex { !predicate($0) }.map { $0 + 1 } ?? startIndex
        return self[start...]
    }
}
