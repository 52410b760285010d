internal import Hashing

/// The SHA-256 of a file: the name of an artifact.
public struct ArtifactDigest: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The 32 bytes, first byte lowest.
    private let words: Words

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        var words = Words()
        for (index, byte) in bytes.enumerated() {
            words[index / 8] |= UInt64(byte) << (index % 8 * 8)
        }
        self.words = words
    }

    /// Nil unless `hexadecimal` is exactly 64 digits in lower case: the only spelling, as it names
    /// files.
    public init?(hexadecimal: String) {
        let digits = hexadecimal.utf8.compactMap { Self.value(ofDigit: $0) }
        guard digits.count == 64, hexadecimal.utf8.count == 64 else { return nil }
        self.init(bytes: (0..<32).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] })
    }

    /// A part of a good hash is a good hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }

    /// Takes the digest of what was hashed.
    init(_ hash: SHA256) {
        self.init(bytes: hash.finalize())!  // SHA-256 has 32 bytes
    }

    /// The digest of `bytes`.
    public init(of bytes: [UInt8]) {
        self.init(bytes: SHA256.hash(bytes))!  // SHA-256 has 32 bytes
    }

    /// The digest of a mapped file.
    public init(of bytes: MappedBytes) {
        let hash = SHA256()
        unsafe bytes.withBytes { unsafe hash.update(bufferPointer: $0) }
        self.init(hash)
    }

    /// Reads the 64 digits; anything else is a `DecodingError`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let digest = Self(hexadecimal: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a SHA-256 is 64 lower-case hexadecimal digits")
        }
        self = digest
    }

    /// Writes the 64 digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// The order of the bytes, which is that of the spelling.
    public static func < (left: ArtifactDigest, right: ArtifactDigest) -> Bool {
        for index in 0..<4 where left.words[index] != right.words[index] {
            return left.words[index].byteSwapped < right.words[index].byteSwapped
        }
        return false
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> ($0 % 8 * 8)) }
    }

    /// 64 hexadecimal digits in lower case.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Four words that are aligned like one. As a SIMD vector they would be aligned to 32 bytes, and
/// Swift 6.3.1 on Linux frees errors wrongly that hold anything of that alignment.
private struct Words: Hashable {
    private var (first, second, third, fourth) = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))

    subscript(index: Int) -> UInt64 {
        get {
            switch index {
            case 0: first
            case 1: second
            case 2: third
            default: fourth
            }
        }
        set {
            switch index {
            case 0: first = newValue
            case 1: second = newValue
            case 2: third = newValue
            default: fourth = newValue
            }
        }
    }
}
