/// RFC 4648, section 4, with padding.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Four characters for every three bytes.
    public static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                let isPadding = place > group.count
                text.append(isPadding ? UInt8(ascii: "=") : alphabet[bits >> (18 - 6 * place) & 63])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil unless `text` is exactly what `encoded` makes of some bytes: no line breaks, no other
    /// alphabet, no padding left out.
    public static func decoded(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count.isMultiple(of: 4) else { return nil }
        let paddingCount = characters.suffix(2).count { $0 == UInt8(ascii: "=") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 4 * 3)
        for start in stride(from: 0, to: characters.count, by: 4) {
            let isLast = start + 4 == characters.count
            let count = isLast ? 4 - paddingCount : 4
            guard let bits = bits(of: characters[start..<start + count]) else { return nil }
            let group = [UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
            guard group[(count - 1)...].allSatisfy({ $0 == 0 }) else { return nil }
            bytes += group[..<(count - 1)]
        }
        return bytes
    }

    /// Of the numbers as float32, the lowest byte of each first.
    public static func encoded(floats: [Float]) -> String {
        encoded(
            floats.flatMap { number in
                (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
            })
    }

    /// Nil unless `text` is what `encoded(floats:)` makes of some numbers, finite or not.
    public static func decodedFloats(_ text: String) -> [Float]? {
        guard let bytes = decoded(text), bytes.count.isMultiple(of: 4) else { return nil }
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(
                bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    /// Six bits a character, to the left of 24.
    private static func bits(of characters: ArraySlice<UInt8>) -> Int? {
        var bits = 0
        for character in characters {
            let value = values[Int(character)]
            guard value >= 0 else { return nil }
            bits = bits << 6 | value
        }
        return bits << (6 * (4 - characters.count))
    }

    /// By character: its six bits, or -1.
    private static let values: [Int] = {
        var values = [Int](repeating: -1, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = value }
        return values
    }()
}
