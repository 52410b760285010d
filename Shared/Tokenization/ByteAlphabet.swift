/// The alphabet in which byte-level vocabularies are written: one visible character for each byte.
///
/// Bytes that are printable in Latin-1 stand for themselves, the others for U+0100 and after, in
/// order (Radford et al. 2019, published with GPT-2).
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt8.min...UInt8.max).map { byte in
            if isPrintable(byte) { return Unicode.Scalar(byte) }
            defer { next += 1 }
            return Unicode.Scalar(next)!  // below U+0144
        }
    }()

    private static let bytes = Dictionary(
        uniqueKeysWithValues: zip(characters, UInt8.min...UInt8.max))

    private static func isPrintable(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
    }

    /// The bytes that a token of the vocabulary stands for. One that is not written in the
    /// alphabet (an added token with a foreign character) stands for its own text.
    static func bytes(of token: String) -> [UInt8] {
        var result: [UInt8] = []
        for scalar in token.unicodeScalars {
            guard let byte = bytes[scalar] else { return Array(token.utf8) }
            result.append(byte)
        }
        return result
    }
}
