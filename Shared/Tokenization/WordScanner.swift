/// Cuts a stretch of text into the words of a `WordPattern`. Every byte belongs to one word.
struct WordScanner {
    private let pattern: WordPattern
    private let classes: ScalarClasses
    private let end: Int

    init(_ pattern: WordPattern, end: Int) {
        self.pattern = pattern
        self.end = end
        classes = .shared
    }

    /// The end of the word that starts at `start`, below `end`.
    func wordEnd(_ text: borrowing [UInt8], from start: Int) -> Int {
        let first = DecodedScalar(text, at: start)
        let kind = classes[first.value]
        let next = start + first.byteCount
        if first.value == 0x27, let end = contractionEnd(text, next) { return end }
        if kind == .letter { return runEnd(text, next) { $0 == .letter } }
        if let end = prefixedLettersEnd(text, first, kind, next) { return end }
        if kind == .number { return numberEnd(text, next) }
        if let end = spacedNumberEnd(text, first, next) { return end }
        if let end = symbolsEnd(text, first, kind, next) { return end }
        return spacesEnd(text, start, next)
    }

    /// The end of the character at `index`, if it is of that class.
    private func take(_ wanted: ScalarClass, _ text: borrowing [UInt8], _ index: Int) -> Int? {
        guard index < end else { return nil }
        let decoded = DecodedScalar(text, at: index)
        return classes[decoded.value] == wanted ? index + decoded.byteCount : nil
    }

    /// The end of the longest run from `start` of characters that `belongs` accepts.
    @inline(__always)
    private func runEnd(
        _ text: borrowing [UInt8], _ start: Int, _ belongs: (ScalarClass) -> Bool
    ) -> Int {
        var index = start
        while index < end {
            let decoded = DecodedScalar(text, at: index)
            guard belongs(classes[decoded.value]) else { break }
            index += decoded.byteCount
        }
        return index
    }

    /// `'s 't 're 've 'm 'll 'd`, after the apostrophe.
    private func contractionEnd(_ text: borrowing [UInt8], _ start: Int) -> Int? {
        guard start < end else { return nil }
        let first = DecodedScalar(text, at: start)
        let next = start + first.byteCount
        switch folded(first.value) {
        case UInt32(UInt8(ascii: "s")), UInt32(UInt8(ascii: "t")), UInt32(UInt8(ascii: "m")),
            UInt32(UInt8(ascii: "d")):
            return next
        case UInt32(UInt8(ascii: "r")), UInt32(UInt8(ascii: "v")):
            return isLetter(text, next, "e") ? next + 1 : nil
        case UInt32(UInt8(ascii: "l")):
            return isLetter(text, next, "l") ? next + 1 : nil
        default:
            return nil
        }
    }

    private func isLetter(_ text: borrowing [UInt8], _ index: Int, _ letter: Unicode.Scalar) -> Bool
    {
        index < end && folded(UInt32(text[index])) == letter.value
    }

    /// Simple case folding, as far as it leads to the letters above; U+017F is a long s.
    private func folded(_ value: UInt32) -> UInt32 {
        guard pattern.contractionsIgnoreCase else { return value }
        if value == 0x17F { return 0x73 }
        return value >= 0x41 && value <= 0x5A ? value + 0x20 : value
    }

    private func prefixedLettersEnd(
        _ text: borrowing [UInt8], _ first: DecodedScalar, _ kind: ScalarClass, _ next: Int
    ) -> Int? {
        let isPrefix =
            switch pattern.letterPrefix {
            case .space: first.value == 0x20
            case .anySymbol: kind == .other || kind == .space
            }
        guard isPrefix, let second = take(.letter, text, next) else { return nil }
        return runEnd(text, second) { $0 == .letter }
    }

    private func numberEnd(_ text: borrowing [UInt8], _ next: Int) -> Int {
        guard case .atMost(let count) = pattern.numbers else {
            return runEnd(text, next) { $0 == .number }
        }
        var index = next
        var left = count - 1
        while left > 0, let next = take(.number, text, index) {
            index = next
            left -= 1
        }
        return index
    }

    private func spacedNumberEnd(
        _ text: borrowing [UInt8], _ first: DecodedScalar, _ next: Int
    ) -> Int? {
        guard pattern.numbers == .spaceAndAll, first.value == 0x20,
            let second = take(.number, text, next)
        else { return nil }
        return runEnd(text, second) { $0 == .number }
    }

    private func symbolsEnd(
        _ text: borrowing [UInt8], _ first: DecodedScalar, _ kind: ScalarClass, _ next: Int
    ) -> Int? {
        var index = next
        if kind != .other {
            guard first.value == 0x20, let second = take(.other, text, next) else { return nil }
            index = second
        }
        index = runEnd(text, index) { $0 == .other }
        guard pattern.lineEndsAreSpecial else { return index }
        return runEnd(text, index) { $0 == .lineEnd }
    }

    /// A run of spaces. Before a word it leaves its last space to that word.
    private func spacesEnd(_ text: borrowing [UInt8], _ start: Int, _ next: Int) -> Int {
        let runEnd = runEnd(text, next) { $0.isSpace }
        if pattern.lineEndsAreSpecial, let lineEnd = lastLineEnd(text, start, runEnd) {
            return lineEnd
        }
        guard runEnd < end else { return runEnd }
        let last = text.scalarStart(before: runEnd)
        return last > start ? last : runEnd
    }

    /// Just after the last line end of the run, or nil when it has none.
    private func lastLineEnd(_ text: borrowing [UInt8], _ start: Int, _ runEnd: Int) -> Int? {
        var index = runEnd
        while index > start {
            if text[index - 1] == 0x0A || text[index - 1] == 0x0D { return index }
            index -= 1
        }
        return nil
    }
}
