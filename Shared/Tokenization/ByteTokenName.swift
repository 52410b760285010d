/// The names of the byte tokens of SentencePiece: `<0x00>` … `<0xFF>`.
enum ByteTokenName {
    static func bytes(of byte: UInt8) -> [UInt8] {
        let digits = String(byte, radix: 16, uppercase: true)
        return Array("<0x\(digits.count == 1 ? "0" : "")\(digits)>".utf8)
    }

    /// The byte tokens of a vocabulary, or nil when it lacks one.
    static func tokens(of table: borrowing TokenTable) -> [TokenID]? {
        var numbers: [TokenID] = []
        for byte in UInt8.min...UInt8.max { numbers.append(table.find(bytes(of: byte))) }
        return numbers.contains(.none) ? nil : numbers
    }

    /// The byte of a token of that form.
    static func byte(of token: some Collection<UInt8>) -> UInt8? {
        guard token.count == 6, token.starts(with: Array("<0x".utf8)),
            token.dropFirst(5).first == UInt8(ascii: ">")
        else { return nil }
        return UInt8(String(decoding: token.dropFirst(3).prefix(2), as: UTF8.self), radix: 16)
    }
}
