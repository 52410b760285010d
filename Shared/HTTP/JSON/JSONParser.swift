/// Why bytes are not JSON, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    /// Counted from the first byte.
    public let byteOffset: Int

    public var description: String { "\(reason) at byte \(byteOffset)" }
}

extension JSON {
    /// Nesting beyond this is refused: the parser recurses, and no API of ours nests deeper than
    /// ten.
    public static let depthMax = 64
    /// A value takes up to 64 bytes of memory for 2 bytes of text, so their number is bounded, not
    /// only their text.
    public static let valueCountMax = 262_144

    /// Reads strict JSON: valid UTF-8, no duplicate names, no comments, nothing after the value.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes: bytes)
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
    private var position = 0
    private var valueCount = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("text after the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw failure("nested deeper than \(JSON.depthMax)") }
        valueCount += 1
        guard valueCount <= JSON.valueCountMax else { throw failure("too many values") }
        skipSpace()
        guard let first = peek else { throw failure("the text ends before the value") }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("no JSON value begins here")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var object = JSONObject()
        var names: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(object) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else {
                throw failure("a member's name must be a string")
            }
            let name = try string()
            guard names.insert(name).inserted else {
                throw failure("the name '\(name)' occurs twice")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("':' must follow a member's name") }
            object.append(name, try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' must follow a member") }
        return .object(object)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' must follow an element") }
        return .array(elements)
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else {
            throw failure("no JSON value begins here")
        }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
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
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw failure("a number out of range")
        }
        return .number(value)
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
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20
        {
            position += 1
        }
        // The common case: no escape, so the text is the bytes.
        if peek == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(of: Array(bytes[start..<position]))
        }
        return try escapedString(beginning: Array(bytes[start..<position]))
    }

    private mutating func escapedString(beginning: [UInt8]) throws(JSONError) -> String {
        var units = beginning
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(of: units)
            case UInt8(ascii: "\\"): units.append(contentsOf: try escape())
            case 0..<0x20: throw failure("a control character must be escaped")
            default: units.append(byte)
            }
        }
        throw failure("the text ends inside a string")
    }

    private func text(of units: [UInt8]) throws(JSONError) -> String {
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
        let end = position + 4
        guard end <= bytes.count else { throw failure("four hexadecimal digits must follow \\u") }
        let digits = bytes[position..<end]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits must follow \\u") }
        position = end
        return value
    }

    // MARK: Bytes

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
