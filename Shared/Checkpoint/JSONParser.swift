/// Reads one JSON document. Recursion is bounded by `depthMax`, memory by the length of the input.
struct JSONParser {
    /// Configurations nest four or five deep; the parser recurses, so hostile nesting must end
    /// early.
    static let depthMax = 64

    private let bytes: [UInt8]
    private let path: String
    private var index = 0
    private var depth = 0

    init(bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    mutating func document() throws(CheckpointError) -> JSONValue {
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw malformed("bytes after the document's end") }
        return value
    }

    private mutating func value() throws(CheckpointError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    // MARK: Objects and arrays

    private mutating func object() throws(CheckpointError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try list(closing: UInt8(ascii: "}")) { (parser) throws(CheckpointError) in
            parser.skipSpace()
            let name = try parser.string()
            parser.skipSpace()
            try parser.expect(UInt8(ascii: ":"))
            let value = try parser.value()
            guard members.updateValue(value, forKey: name) == nil else {
                throw parser.malformed("the name \"\(name)\" stands twice in one object")
            }
        }
        return members
    }

    private mutating func array() throws(CheckpointError) -> [JSONValue] {
        var values: [JSONValue] = []
        try list(closing: UInt8(ascii: "]")) { (parser) throws(CheckpointError) in
            values.append(try parser.value())
        }
        return values
    }

    /// Reads from the opening bracket to the closing one, elements separated by commas.
    private mutating func list(
        closing: UInt8, _ element: (inout JSONParser) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        index += 1
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw malformed("nested deeper than \(Self.depthMax)") }
        skipSpace()
        if take(closing) { return }
        repeat {
            try element(&self)
            skipSpace()
        } while take(UInt8(ascii: ","))
        try expect(closing)
    }

    // MARK: Strings

    private mutating func string() throws(CheckpointError) -> String {
        try expect(UInt8(ascii: "\""))
        var text = ""
        while true {
            text += try plainText()
            if take(UInt8(ascii: "\"")) { return text }
            guard take(UInt8(ascii: "\\")) else { throw malformed("control character in a string") }
            text.unicodeScalars.append(try escape())
        }
    }

    /// Text up to a quote, a backslash or a control character.
    private mutating func plainText() throws(CheckpointError) -> String {
        let start = index
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
        {
            index += 1
        }
        guard index < bytes.count else { throw malformed("string without end") }
        guard let text = String(validating: bytes[start..<index], as: UTF8.self) else {
            throw malformed("string is not UTF-8")
        }
        return text
    }

    private mutating func escape() throws(CheckpointError) -> Unicode.Scalar {
        guard let byte = next else { throw malformed("string without end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw malformed("unknown escape in a string")
        }
    }

    /// Four hexadecimal digits; twice that, with another `\u` between, for a surrogate pair.
    private mutating func unicodeEscape() throws(CheckpointError) -> Unicode.Scalar {
        let unit = try hexadecimal4()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw malformed("half of a surrogate pair in a string")
        }
        let low = try hexadecimal4()
        guard 0xDC00...0xDFFF ~= low,
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw malformed("half of a surrogate pair in a string") }
        return scalar
    }

    private mutating func hexadecimal4() throws(CheckpointError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("\\u without four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    // MARK: Numbers and literals

    private mutating func number() throws(CheckpointError) -> JSONValue {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        let isInteger = next != UInt8(ascii: ".") && !nextIsExponent
        if take(UInt8(ascii: ".")) { try digits() }
        if nextIsExponent { try exponent() }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw malformed("number too large") }
        return .number(value)
    }

    private var nextIsExponent: Bool { next == UInt8(ascii: "e") || next == UInt8(ascii: "E") }

    private mutating func exponent() throws(CheckpointError) {
        index += 1
        if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
        try digits()
    }

    /// At least one digit.
    private mutating func digits() throws(CheckpointError) {
        let start = index
        while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { index += 1 }
        guard index > start else { throw malformed("not a JSON value") }
    }

    private mutating func literal(
        _ word: StaticString, _ value: JSONValue
    ) throws(CheckpointError) -> JSONValue {
        for byte in word.description.utf8 { try expect(byte) }
        return value
    }

    // MARK: Bytes

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(CheckpointError) {
        guard take(byte) else {
            throw malformed("expected '\(Character(Unicode.Scalar(byte)))'")
        }
    }

    private func malformed(_ reason: String) -> CheckpointError {
        .malformed(path: path, reason: "JSON, byte \(index): \(reason)")
    }
}
