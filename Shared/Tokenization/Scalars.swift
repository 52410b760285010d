/// What a tokenizer's patterns ask about a character.
enum ScalarClass: UInt8 {
    case other
    case letter  // \p{L}
    case number  // \p{N}
    case space  // \s without the line ends
    case lineEnd  // \r and \n

    var isSpace: Bool { self == .space || self == .lineEnd }

    /// The class of a character in Unicode 16, the version of the reference library's patterns. It
    /// is fixed here, so that tokens do not depend on the standard library at hand.
    init(computing scalar: Unicode.Scalar) {
        if scalar == "\n" || scalar == "\r" {
            self = .lineEnd
        } else if scalar.properties.isWhitespace {
            self = .space
        } else if (scalar.properties.age?.major ?? .max) > 16 {
            self = .other
        } else {
            self = Self(scalar.properties.generalCategory)
        }
    }

    private init(_ category: Unicode.GeneralCategory) {
        switch category {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            self = .letter
        case .decimalNumber, .letterNumber, .otherNumber:
            self = .number
        default:
            self = .other
        }
    }
}

/// The classes of the basic plane in a table, computed once; the Unicode tables take a search.
struct ScalarClasses: Sendable {
    static let shared = ScalarClasses()

    private let basicPlane: [ScalarClass]

    private init() {
        basicPlane = (0..<0x10000).map { value in
            Unicode.Scalar(UInt32(value)).map(ScalarClass.init(computing:)) ?? .other
        }
    }

    subscript(value: UInt32) -> ScalarClass {
        if value < 0x10000 { return basicPlane[Int(value)] }
        return Unicode.Scalar(value).map(ScalarClass.init(computing:)) ?? .other
    }
}

/// A character read from UTF-8 that is known to be valid (it comes from a `String`).
struct DecodedScalar {
    let value: UInt32
    let byteCount: Int

    /// The character that starts at `index`.
    @inline(__always)
    init(_ bytes: borrowing [UInt8], at index: Int) {
        let first = bytes[index]
        self =
            first < 0x80
            ? DecodedScalar(value: UInt32(first), byteCount: 1)
            : DecodedScalar(multibyte: bytes, at: index, first: UInt32(first))
    }

    private init(value: UInt32, byteCount: Int) {
        self.value = value
        self.byteCount = byteCount
    }

    private init(multibyte bytes: borrowing [UInt8], at index: Int, first: UInt32) {
        let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        var value = first & (0x7F >> UInt32(count))
        for offset in 1..<count {
            value = value << 6 | UInt32(bytes[index + offset] & 0x3F)
        }
        self.init(value: value, byteCount: count)
    }

    var scalar: Unicode.Scalar { Unicode.Scalar(value) ?? "\u{FFFD}" }
}

extension Array where Element == UInt8 {
    /// The start of the character that ends before `index`; `index` is above zero.
    func scalarStart(before index: Int) -> Int {
        var start = index - 1
        while start > 0 && self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    mutating func append(scalar: Unicode.Scalar) {
        append(contentsOf: UTF8.encode(scalar)!)  // every scalar has a UTF-8 form
    }
}
