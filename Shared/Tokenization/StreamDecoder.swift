/// Turns tokens into text one at a time. A character that takes several tokens comes out whole.
///
/// The pieces together are what `Tokenizer.decode` makes of all tokens. Bytes that cannot become a
/// character come out as U+FFFD.
public struct StreamDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipsSpecialTokens: Bool
    private var isFirst = true
    private var pending: [UInt8] = []

    init(_ tokenizer: Tokenizer, skipsSpecialTokens: Bool) {
        self.tokenizer = tokenizer
        self.skipsSpecialTokens = skipsSpecialTokens
    }

    /// The text that `token` completes; empty while a character is incomplete.
    public mutating func append(_ token: TokenID) -> String {
        if skipsSpecialTokens && tokenizer.isSpecial(token) { return "" }
        pending.append(contentsOf: tokenizer.bytes(of: token, isFirst: isFirst))
        isFirst = false
        let complete = pending.count - incompleteByteCount
        defer { pending.removeFirst(complete) }
        return String(decoding: pending[..<complete], as: UTF8.self)
    }

    /// What is left when no token follows.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// The bytes at the end that start a character and do not finish it; at most three.
    private var incompleteByteCount: Int {
        for count in 1...3 where count <= pending.count {
            let byte = pending[pending.count - count]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > count ? count : 0
        }
        return 0
    }
}
