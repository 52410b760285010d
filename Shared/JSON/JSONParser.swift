extension JSONValue {
    /// Nesting beyond this is refused: the parser recurses. Configurations and our own messages
    /// nest less than ten deep.
    public static let depthMax = 64
    /// Values of a message. One takes up to 64 bytes of memory for 2 bytes of text, so their number
    /// is bounded, not only their text.
    public static let messageValueCountMax = 1 << 18
    /// Values of a file: four times as many as the largest vocabulary in use has with its merges.
    public static let fileValueCountMax = 1 << 24

    /// Reads strict JSON: valid UTF-8, no duplicate names, no comments, nothing after the value.
    /// The caller has bounded the number of bytes.
    public init(
        parsing bytes: [UInt8], valueCountMax: Int = messageValueCountMax
    ) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, valueCountMax: valueCountMax)
        self = try parser.document()
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive-descent parser of RFC 8259. Throws on the first error; never traps, whatever the
/// bytes.
struct JSONParser {
    let bytes: [UInt8]
    private let valueCountMax: Int
    private var position = 0
    private var valueCount = 0
    private var depth = 0

    init(bytes: [UInt8], valueCountMax: Int) {
        self.bytes = bytes
        self.valueCountMax = valueCountMax
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("text after the value") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        valueCount += 1
        guard valueCount <= valueCountMax else {
            throw failure("more than \(valueCountMax) values")
        }
        guard let first = peek else { throw failure("the text ends before the value") }
        switch first {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("no JSON value begins here")
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        try descend()
        defer { depth -= 1 }
        if take(UInt8(ascii: "}")) { return object }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else {
                throw failure("a member's name must be a string")
            }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("':' must follow a member's name") }
            object.append(name, try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' must follow a member") }
        if let name = object.duplicate { throw failure("the name '\(name)' occurs twice") }
        return object
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        try descend()
        defer { depth -= 1 }
        if take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' must follow an element") }
        return elements
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else {
            throw failure("no JSON value begins here")
        }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        let isWhole =
            peek != UInt8(ascii: ".") && peek != UInt8(ascii: "e") && peek != UInt8(ascii: "E")
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let spelling = bytes[start..<position]
        if isWhole, let value = integer(spelling) { return .integer(value) }
        let text = String(decoding: spelling, as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw failure("a number out of range")
        }
        return .number(value)
    }

    /// The number that an optional sign and digits spell; nil when 64 bits do not hold it.
    private func integer(_ spelling: ArraySlice<UInt8>) -> Int? {
        let isNegative = spelling.first == UInt8(ascii: "-")
        var value = 0  // negative, as the negative side is the longer one
        for byte in isNegative ? spelling.dropFirst() : spelling {
            let (shifted, isOver) = value.multipliedReportingOverflow(by: 10)
            let (next, isOverNext) = shifted.subtractingReportingOverflow(
                Int(byte - UInt8(ascii: "0")))
            if isOver || isOverNext { return nil }
            value = next
        }
        return isNegative ? value : value == .min ? nil : -value
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek, isDigit(byte) { position += 1 }
        guard position > start else { throw failure("a digit is missing") }
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        let isASCII = skipPlainText()
        let plain = bytes[start..<position]
        // The common cases: no escape, so the text is the bytes; and nothing to validate.
        guard take(UInt8(ascii: "\"")) else { return try escapedString(beginning: Array(plain)) }
        return isASCII ? String(decoding: plain, as: UTF8.self) : try text(of: plain)
    }

    /// Goes on to a quote, a backslash or a control character. Returns whether all was ASCII.
    private mutating func skipPlainText() -> Bool {
        var end = position
        var union: UInt8 = 0
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            union |= byte
            end += 1
        }
        position = end
        return union < 0x80
    }

    private mutating func escapedString(beginning: [UInt8]) throws(JSONError) -> String {
        var units = beginning
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(of: units[...])
            case UInt8(ascii: "\\"): units.append(contentsOf: try escape())
            case 0..<0x20: throw failure("a control character must be escaped")
            default: units.append(byte)
            }
        }
        throw failure("the text ends inside a string")
    }

    private func text(of units: ArraySlice<UInt8>) throws(JSONError) -> String {
        guard let text = String(validating: units, as: UTF8.self) else {
            throw failure("a string is not valid UTF-8")
        }
        return text
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard let byte = peek else { throw failure("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try scalar())).utf8)
        default: throw failure("an unknown escape")
        }
    }

    /// The character of `\uXXXX`, or of two of them that form a surrogate pair.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("half of a surrogate pair")
        }
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half of a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits must follow \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: Bytes

    /// Into an object or an array, behind its bracket.
    private mutating func descend() throws(JSONError) {
        guard depth < JSONValue.depthMax else {
            throw failure("nested deeper than \(JSONValue.depthMax)")
        }
        depth += 1
        position += 1
        skipSpace()
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private func failure(_ reason: String) -> JSONError {
        JSONError(reason: reason, byteOffset: position)
    }
}
