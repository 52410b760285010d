/// Text that remembers which of its bytes are trusted.
///
/// What a template itself says is trusted, what messages say is not. Every operation on strings is
/// made of `slice` and `append`, so the marks stay with their bytes through trimming, splitting,
/// replacing and joining.
struct MarkedText: Sendable {
    /// UTF-8, valid.
    private(set) var bytes: [UInt8] = []
    /// Where stretches of equal trust end, in order; the last ends where the bytes end.
    private var runs: [Run] = []

    private struct Run: Sendable {
        var end: Int
        var isTrusted: Bool
    }

    init() {}

    init(_ text: some StringProtocol, isTrusted: Bool) {
        append(Array(text.utf8), isTrusted: isTrusted)
    }

    var isEmpty: Bool { bytes.isEmpty }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The number of characters (Unicode scalars, as Python counts).
    var characterCount: Int { bytes.count { $0 & 0xC0 != 0x80 } }

    /// What an operation on this text costs.
    var cost: Int { bytes.count + runs.count }

    mutating func append(_ more: some Collection<UInt8>, isTrusted: Bool) {
        guard !more.isEmpty else { return }
        bytes.append(contentsOf: more)
        if runs.last?.isTrusted == isTrusted {
            runs[runs.count - 1].end = bytes.count
        } else {
            runs.append(Run(end: bytes.count, isTrusted: isTrusted))
        }
    }

    mutating func append(_ other: MarkedText) {
        var start = 0
        for run in other.runs {
            append(other.bytes[start..<run.end], isTrusted: run.isTrusted)
            start = run.end
        }
    }

    static func + (left: MarkedText, right: MarkedText) -> MarkedText {
        var sum = left
        sum.append(right)
        return sum
    }

    /// The bytes in a range, with their marks.
    func slice(_ range: Range<Int>) -> MarkedText {
        var slice = MarkedText()
        var start = 0
        for run in runs where run.end > range.lowerBound {
            if start >= range.upperBound { break }
            let part = max(start, range.lowerBound)..<min(run.end, range.upperBound)
            slice.append(bytes[part], isTrusted: run.isTrusted)
            start = run.end
        }
        return slice
    }

    /// Each stretch of equal trust replaced by what `transform` makes of it.
    func mapped(_ transform: (String) -> String) -> MarkedText {
        var result = MarkedText()
        for segment in segments {
            result.append(transform(segment.text).utf8, isTrusted: segment.isTrusted)
        }
        return result
    }

    /// The stretches of equal trust.
    var segments: [PromptSegment] {
        var start = 0
        return runs.map { run in
            defer { start = run.end }
            let text = String(decoding: bytes[start..<run.end], as: UTF8.self)
            return PromptSegment(text: text, isTrusted: run.isTrusted)
        }
    }

    /// The ranges where `pattern`, which is not empty, occurs, from the left, without overlaps.
    ///
    /// Knuth, Morris and Pratt 1977: linear, for texts and patterns that are made to be slow.
    func ranges(of pattern: MarkedText, countMax: Int = .max) -> [Range<Int>] {
        let pattern = pattern.bytes
        let borders = Self.borders(of: pattern)
        var found: [Range<Int>] = []
        var matched = 0
        for (index, byte) in bytes.enumerated() where found.count < countMax {
            while matched > 0 && pattern[matched] != byte { matched = borders[matched - 1] }
            if pattern[matched] == byte { matched += 1 }
            if matched == pattern.count {
                found.append((index + 1 - matched)..<(index + 1))
                matched = 0
            }
        }
        return found
    }

    /// For each prefix the length of its longest proper prefix that is also its suffix.
    private static func borders(of pattern: [UInt8]) -> [Int] {
        var borders = [0]
        for index in pattern.indices.dropFirst() {
            var length = borders[index - 1]
            while length > 0 && pattern[length] != pattern[index] { length = borders[length - 1] }
            borders.append(pattern[length] == pattern[index] ? length + 1 : 0)
        }
        return borders
    }

    /// What is left without characters that `isStripped` at the ends.
    func stripped(
        left: Bool = true, right: Bool = true, _ isStripped: (Unicode.Scalar) -> Bool
    ) -> MarkedText {
        var start = 0
        var end = bytes.count
        while left, start < end {
            let decoded = DecodedScalar(bytes, at: start)
            guard isStripped(decoded.scalar) else { break }
            start += decoded.byteCount
        }
        while right, start < end {
            let last = bytes.scalarStart(before: end)
            guard isStripped(DecodedScalar(bytes, at: last).scalar) else { break }
            end = last
        }
        return slice(start..<end)
    }

    /// The parts between the ranges, which are in order.
    func parts(between ranges: [Range<Int>]) -> [MarkedText] {
        var start = 0
        var parts: [MarkedText] = []
        for range in ranges {
            parts.append(slice(start..<range.lowerBound))
            start = range.upperBound
        }
        return parts + [slice(start..<bytes.count)]
    }
}

extension MarkedText: Equatable {
    /// Equal as text; who said it does not matter.
    static func == (left: MarkedText, right: MarkedText) -> Bool { left.bytes == right.bytes }

    static func == (left: MarkedText, right: String) -> Bool {
        left.bytes.elementsEqual(right.utf8)
    }
}

extension Unicode.Scalar {
    /// What Python's `strip` removes.
    var isPythonSpace: Bool {
        properties.isWhitespace || (0x1C...0x1F).contains(value)
    }
}
