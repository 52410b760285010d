/// Cuts normalised text into words. Nothing is merged across the end of a word.
struct PreTokenizer: Sendable {
    /// A space, or what stands for one, put before the text.
    enum Prefix: Sendable, Equatable {
        case none
        /// A space, unless there is one (`add_prefix_space` of ByteLevel).
        case space
        /// The mark for spaces (Metaspace), before every stretch or only at the start of the text.
        case mark(onlyAtStart: Bool)
    }

    /// One way to cut.
    enum Cut: Sendable, Equatable {
        case words(WordPattern)
        /// Digits apart from other text, each for itself or in runs.
        case digits(individually: Bool)
        /// A new word begins at each mark for a space.
        case beforeMarks([UInt8])
        /// As `beforeMarks`, but a run of marks stays whole, with the word that follows.
        case beforeMarkRuns([UInt8])
        /// Spaces are dropped, punctuation stands alone.
        case bert
        /// Spaces are dropped.
        case spaces
    }

    var prefix = Prefix.none
    /// What replaces each space, when the tokenizer does so here (Metaspace).
    var mark: [UInt8]?
    var cuts: [Cut] = []

    /// Whether `rewritten` may change a text.
    var rewrites: Bool { prefix != .none || mark != nil }

    /// The text with its prefix and marks. `isStart`: the stretch begins the whole text.
    func rewritten(_ text: [UInt8], isStart: Bool) -> [UInt8] {
        guard !text.isEmpty else { return text }
        let marked = mark.map { Normalizer.replacing([0x20], $0, text) } ?? text
        switch prefix {
        case .none:
            return marked
        case .space:
            return marked.first == 0x20 ? marked : [0x20] + marked
        case .mark(let onlyAtStart):
            let mark = mark ?? []
            return (onlyAtStart && !isStart) || marked.starts(with: mark) ? marked : mark + marked
        }
    }

    /// The words of rewritten text, in order.
    func words(_ text: borrowing [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        var words = range.isEmpty ? [] : [range]
        for cut in cuts {
            var finer: [Range<Int>] = []
            finer.reserveCapacity(words.count + range.count / 5)
            for word in words { cut.apply(text, word, into: &finer) }
            words = finer
        }
        return words
    }
}

extension PreTokenizer.Cut {
    func apply(
        _ text: borrowing [UInt8], _ range: Range<Int>, into words: inout [Range<Int>]
    ) {
        switch self {
        case .words(let pattern): Self.cutWords(text, range, pattern, &words)
        case .digits(let individually): Self.cutDigits(text, range, individually, &words)
        case .beforeMarks(let mark): Self.cutMarks(text, range, mark, keepsRuns: false, &words)
        case .beforeMarkRuns(let mark): Self.cutMarks(text, range, mark, keepsRuns: true, &words)
        case .bert: Self.cutSpaces(text, range, isolatesPunctuation: true, &words)
        case .spaces: Self.cutSpaces(text, range, isolatesPunctuation: false, &words)
        }
    }

    private static func cutWords(
        _ text: borrowing [UInt8], _ range: Range<Int>, _ pattern: WordPattern,
        _ words: inout [Range<Int>]
    ) {
        let scanner = WordScanner(pattern, end: range.upperBound)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = scanner.wordEnd(text, from: start)
            words.append(start..<end)
            start = end
        }
    }

    private static func cutDigits(
        _ text: borrowing [UInt8], _ range: Range<Int>, _ individually: Bool,
        _ words: inout [Range<Int>]
    ) {
        let classes = ScalarClasses.shared
        var start = range.lowerBound
        var index = start
        var wasNumber = false
        while index < range.upperBound {
            let decoded = DecodedScalar(text, at: index)
            let isNumber = classes[decoded.value] == .number
            let isCut = isNumber != wasNumber || (isNumber && individually)
            if isCut && start < index {
                words.append(start..<index)
                start = index
            }
            wasNumber = isNumber
            index += decoded.byteCount
        }
        words.append(start..<range.upperBound)
    }

    private static func cutMarks(
        _ text: borrowing [UInt8], _ range: Range<Int>, _ mark: [UInt8], keepsRuns: Bool,
        _ words: inout [Range<Int>]
    ) {
        var start = range.lowerBound
        var index = start
        var wasMark = false
        while index < range.upperBound {
            let isMark = text[index] == mark[0] && text[index..<range.upperBound].starts(with: mark)
            if isMark && start < index && !(keepsRuns && wasMark) {
                words.append(start..<index)
                start = index
            }
            wasMark = isMark
            index += isMark ? mark.count : 1
        }
        words.append(start..<range.upperBound)
    }

    private static func cutSpaces(
        _ text: borrowing [UInt8], _ range: Range<Int>, isolatesPunctuation: Bool,
        _ words: inout [Range<Int>]
    ) {
        let classes = ScalarClasses.shared
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            let decoded = DecodedScalar(text, at: index)
            let end = index + decoded.byteCount
            let kind = classes[decoded.value]
            let isAlone = isolatesPunctuation && kind == .other && isPunctuation(decoded)
            if isAlone || kind.isSpace {
                if start < index { words.append(start..<index) }
                if isAlone { words.append(index..<end) }
                start = end
            }
            index = end
        }
        if start < range.upperBound { words.append(start..<range.upperBound) }
    }

    /// Punctuation by category, and the ASCII symbols that BERT counts with it.
    private static func isPunctuation(_ decoded: DecodedScalar) -> Bool {
        if decoded.value < 0x80 { return decoded.value > 0x20 && decoded.value < 0x7F }
        return decoded.scalar.isUnicode8Punctuation
    }
}
