/// One step that rewrites text before it is split into words.
enum Normalizer: Sendable {
    case prepend([UInt8])
    case replace([UInt8], with: [UInt8])
    case unicode(UnicodeForm)
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    case bert(BertNormalizer)

    func apply(_ text: [UInt8]) -> [UInt8] {
        switch self {
        case .prepend(let prefix): text.isEmpty ? text : prefix + text
        case .replace(let pattern, let content): Self.replacing(pattern, content, text)
        case .unicode(let form): form.apply(text)
        case .lowercase: Self.mapping(text) { $0.properties.lowercaseMapping.unicodeScalars }
        case .strip(let left, let right): Self.stripping(text, left, right)
        case .stripAccents: Self.strippingMarks(text)
        case .bert(let bert): bert.apply(text)
        }
    }

    /// How many bytes may come out for each that goes in, rounded up.
    var growth: Int {
        switch self {
        case .prepend(let prefix): prefix.count + 1
        case .replace(let pattern, let content): max(1, content.count / pattern.count + 1)
        case .unicode, .lowercase, .bert: 12  // U+FDFA: 3 bytes become 33
        case .strip, .stripAccents: 1
        }
    }

    /// The largest product of growths. Llama has 16; a crafted chain of replacements has millions.
    static let growthMax = 4096

    /// All occurrences of `pattern`, which is not empty, from the left.
    static func replacing(_ pattern: [UInt8], _ content: [UInt8], _ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 4)
        var index = 0
        while index < text.count {
            if text[index] == pattern[0] && text[index...].starts(with: pattern) {
                result.append(contentsOf: content)
                index += pattern.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    /// Each character replaced by what `transform` makes of it. ASCII letters are done here.
    private static func mapping(
        _ text: [UInt8], _ transform: (Unicode.Scalar) -> String.UnicodeScalarView
    ) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let decoded = DecodedScalar(text, at: index)
            index += decoded.byteCount
            if decoded.value < 0x80 {
                let byte = UInt8(decoded.value)
                result.append(byte >= 0x41 && byte <= 0x5A ? byte + 0x20 : byte)
            } else {
                for scalar in transform(decoded.scalar) { result.append(scalar: scalar) }
            }
        }
        return result
    }

    private static func stripping(_ text: [UInt8], _ left: Bool, _ right: Bool) -> [UInt8] {
        var start = 0
        var end = text.count
        while left, start < end, isSpace(text, start) {
            start += DecodedScalar(text, at: start).byteCount
        }
        while right, start < end {
            let last = text.scalarStart(before: end)
            guard isSpace(text, last) else { break }
            end = last
        }
        return Array(text[start..<end])
    }

    private static func isSpace(_ text: [UInt8], _ index: Int) -> Bool {
        DecodedScalar(text, at: index).scalar.properties.isWhitespace
    }

    /// Without the characters of category Mn.
    private static func strippingMarks(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let decoded = DecodedScalar(text, at: index)
            let isMark = decoded.value >= 0x300 && decoded.scalar.isUnicode8NonspacingMark
            if !isMark { result.append(contentsOf: text[index..<(index + decoded.byteCount)]) }
            index += decoded.byteCount
        }
        return result
    }
}
