/// The tokens of a vocabulary by number and by their bytes.
///
/// The bytes lie in one array, the index is an open hash table: reading a vocabulary of 128,000
/// tokens allocates a few times, not 128,000 times, and a look-up compares bytes. (Keys of type
/// `String` would be wrong: two spellings of the same accented letter are equal strings, and
/// different tokens.)
struct TokenTable: Sendable {
    private(set) var count = 0
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    private var slots: [TokenID]
    private let capacity: Int

    /// Steps that a look-up may take. Half of the slots are empty, so a real vocabulary stays
    /// far below; a crafted one that makes every token collide is refused.
    private static let probeCountMax = 512

    init(capacity: Int) {
        self.capacity = capacity
        slots = Array(repeating: .none, count: Self.slotCount(for: capacity))
        starts.reserveCapacity(capacity + 1)
    }

    private static func slotCount(for capacity: Int) -> Int {
        var count = 16
        while count < capacity * 2 { count *= 2 }
        return count
    }

    /// Adds the next token, up to the capacity. A token whose bytes are already known gets a
    /// number, but is found by the first number only.
    ///
    /// A control token is not `isFindable`: whatever the merges of the file say, text that spells
    /// it never becomes it.
    mutating func append(
        _ token: some Collection<UInt8>, isFindable: Bool = true
    ) throws(TokenizationError) {
        precondition(count < capacity)
        try Self.check("vocabularySizeMax", count + 1, TokenizationMaxima.vocabularySizeMax)
        try Self.check("tokenByteCountMax", token.count, TokenizationMaxima.tokenByteCountMax)
        bytes.append(contentsOf: token)
        try Self.check(
            "vocabularyByteCountMax", bytes.count, TokenizationMaxima.vocabularyByteCountMax)
        let start = starts[count]
        starts.append(bytes.count)
        count += 1
        if isFindable { try insert(TokenID(count - 1), start..<bytes.count) }
    }

    static func check(_ name: String, _ value: Int, _ maximum: Int) throws(TokenizationError) {
        guard value <= maximum else {
            throw .overMaximum(name: name, value: value, maximum: maximum)
        }
    }

    subscript(token: TokenID) -> ArraySlice<UInt8> {
        bytes[starts[Int(token)]..<starts[Int(token) + 1]]
    }

    /// The token made of these bytes of `text`, or `.none`.
    func find(_ text: borrowing [UInt8], _ range: Range<Int>) -> TokenID {
        var slot = Int(truncatingIfNeeded: ByteHash(text, range).value) & (slots.count - 1)
        while slots[slot] >= 0 {
            if isEqual(slots[slot], text, range) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return .none
    }

    func find(_ text: some Collection<UInt8>) -> TokenID {
        let text = Array(text)
        return find(text, 0..<text.count)
    }

    private func isEqual(_ token: TokenID, _ text: borrowing [UInt8], _ range: Range<Int>) -> Bool {
        let start = starts[Int(token)]
        guard starts[Int(token) + 1] - start == range.count else { return false }
        for offset in 0..<range.count where bytes[start + offset] != text[range.lowerBound + offset]
        {
            return false
        }
        return true
    }

    private mutating func insert(_ token: TokenID, _ range: Range<Int>) throws(TokenizationError) {
        guard !range.isEmpty else { return }
        var slot = Int(truncatingIfNeeded: ByteHash(bytes, range).value) & (slots.count - 1)
        for _ in 0..<Self.probeCountMax {
            if slots[slot] < 0 {
                slots[slot] = token
                return
            }
            if isEqual(slots[slot], bytes, range) { return }
            slot = (slot + 1) & (slots.count - 1)
        }
        throw .malformedVocabulary(part: "tokens", reason: "too many share one hash value")
    }
}

/// FNV-1a over bytes, with the high bits folded down.
struct ByteHash {
    let value: UInt64

    init(_ bytes: borrowing [UInt8], _ range: Range<Int>) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in range {
            hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3
        }
        value = hash ^ (hash >> 29)
    }
}
