/// Parses JSON text (RFC 8259) into `JSON` values, with a maximum of nesting.
struct JSONParser {
    private let text: [UInt8]
    private var index = 0
    private var depth = 0

    /// - Throws: `overMaximum` for a text that is too long or too deep, `malformedJSON` otherwise.
    static func parse(_ text: [UInt8]) throws(TokenizationError) -> JSON {
        try TokenTable.check("jsonByteCountMax", text.count, TokenizationMaxima.jsonByteCountMax)
        guard String(validating: text, as: UTF8.self) != nil else {
            throw .malformedJSON(offset: 0, reason: "the text is not UTF-8")
        }
        var parser = JSONParser(text: text)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.index == text.count else { throw parser.error("text after the value") }
        return value
    }

    private init(text: [UInt8]) { self.text = text }

    private func error(_ reason: String) -> TokenizationError {
        .malformedJSON(offset: index, reason: reason)
    }

    private var byte: UInt8? { index < text.count ? text[index] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    /// Skips space, then takes `expected` if it is next.
    private mutating func take(_ expected: Character) -> Bool {
        skipSpace()
        guard byte == expected.asciiValue else { return false }
        index += 1
        return true
    }

    private mutating func value() throws(TokenizationError) -> JSON {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"):
            return try nested { parser throws(TokenizationError) in try parser.object() }
        case UInt8(ascii: "["):
            return try nested { parser throws(TokenizationError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(TokenizationError) -> JSON
    ) throws(TokenizationError) -> JSON {
        index += 1
        depth += 1
        defer { depth -= 1 }
        try TokenTable.check("jsonDepthMax", depth, TokenizationMaxima.jsonDepthMax)
        return try body(&self)
    }

    private mutating func object() throws(TokenizationError) -> JSON {
        var members: [(key: String, value: JSON)] = []
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            let key = try string()
            guard take(":") else { throw error("expected a colon") }
            members.append((key, try value()))
        } while take(",")
        guard take("}") else { throw error("expected a comma or a closing brace") }
        return .object(members)
    }

    private mutating func array() throws(TokenizationError) -> JSON {
        var values: [JSON] = []
        if take("]") { return .array(values) }
        repeat { values.append(try value()) } while take(",")
        guard take("]") else { throw error("expected a comma or a closing bracket") }
        return .array(values)
    }

    private mutating func literal(
        _ word: StaticString, _ value: JSON
    ) throws(TokenizationError) -> JSON {
        let word = Array(word.description.utf8)
        guard text[index...].starts(with: word) else { throw error("expected a value") }
        index += word.count
        return value
    }

    private mutating func number() throws(TokenizationError) -> JSON {
        let start = index
        while let byte, isNumeric(byte) { index += 1 }
        let digits = String(decoding: text[start..<index], as: UTF8.self)
        guard let value = Double(digits), value.isFinite else {
            index = start
            throw error("expected a value")
        }
        return .number(value)
    }

    private func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func string() throws(TokenizationError) -> String {
        guard byte == UInt8(ascii: "\"") else { throw error("expected a string") }
        index += 1
        let start = index
        while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            index += 1
        }
        let plain = text[start..<index]
        if byte == UInt8(ascii: "\"") {
            index += 1
            return String(decoding: plain, as: UTF8.self)
        }
        return try escapedString(after: plain)
    }

    private mutating func escapedString(
        after plain: ArraySlice<UInt8>
    ) throws(TokenizationError) -> String {
        var bytes = Array(plain)
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                bytes.append(scalar: try escape())
            case 0x20...:
                bytes.append(byte)
                index += 1
            default:
                throw error("a control character in a string")
            }
        }
        throw error("a string without an end")
    }

    private mutating func escape() throws(TokenizationError) -> Unicode.Scalar {
        guard index + 1 < text.count else { throw error("a string without an end") }
        let letter = text[index + 1]
        index += 2
        switch letter {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(TokenizationError) -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, text[index...].starts(with: [0x5C, 0x75]) else {
            throw error("half of a surrogate pair")
        }
        index += 2
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(TokenizationError) -> UInt32 {
        guard index + 4 <= text.count,
            let value = UInt32(
                String(decoding: text[index..<(index + 4)], as: UTF8.self), radix: 16)
        else { throw error("an unknown escape") }
        index += 4
        return value
    }
}
