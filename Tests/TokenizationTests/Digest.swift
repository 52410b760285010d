/// FNV-1a digests, as `Fixtures/make_tokenizers.py` makes them.
enum Digest {
    struct Golden: Decodable { var decoded: String, hundreds: [String] }

    static func golden() throws -> [String: Golden] {
        try Fixture.decoded("tokenizers/digests.json")
    }

    static func text(_ text: String) -> String { hex(text.utf8.reduce(basis, add)) }

    /// Four bytes for each token, and four set ones after each line.
    static func tokens(_ lines: [[Int32]]) -> String {
        var state = basis
        for line in lines {
            for token in line + [-1] {
                for shift in [0, 8, 16, 24] {
                    state = add(state, UInt8(truncatingIfNeeded: token >> Int32(shift)))
                }
            }
        }
        return hex(state)
    }

    private static let basis: UInt64 = 0xcbf2_9ce4_8422_2325

    private static func add(_ state: UInt64, _ byte: UInt8) -> UInt64 {
        (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
