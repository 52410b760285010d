/// The merges of a byte-pair vocabulary: which two tokens become which, and how early.
struct MergeTable: Sendable {
    struct Merge {
        /// Merges of lower rank are applied first.
        let rank: Int32
        let result: TokenID

        static let none = Merge(rank: .max, result: .none)
    }

    private var keys: [UInt64]
    private var merges: [Merge]
    private(set) var count = 0

    private static let emptyKey = UInt64.max  // no pair: token numbers are below 2^20
    private static let probeCountMax = 512  // as in `TokenTable`

    init(capacity: Int) {
        var slotCount = 16
        while slotCount < capacity * 2 { slotCount *= 2 }
        keys = Array(repeating: Self.emptyKey, count: slotCount)
        merges = Array(repeating: .none, count: slotCount)
    }

    /// Adds a merge; of two for the same pair the later one counts, as in the reference library.
    mutating func insert(
        _ left: TokenID, _ right: TokenID, rank: Int32, result: TokenID
    ) throws(TokenizationError) {
        if (count + 1) * 2 > keys.count { try grow() }
        let merge = Merge(rank: rank, result: result)
        try place(Self.key(left, right), merge)
    }

    func find(_ left: TokenID, _ right: TokenID) -> Merge {
        let key = Self.key(left, right)
        var slot = Self.hash(key) & (keys.count - 1)
        while keys[slot] != Self.emptyKey {
            if keys[slot] == key { return merges[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        return .none
    }

    private mutating func place(_ key: UInt64, _ merge: Merge) throws(TokenizationError) {
        var slot = Self.hash(key) & (keys.count - 1)
        for _ in 0..<Self.probeCountMax {
            if keys[slot] == Self.emptyKey { count += 1 }
            if keys[slot] == Self.emptyKey || keys[slot] == key {
                keys[slot] = key
                merges[slot] = merge
                return
            }
            slot = (slot + 1) & (keys.count - 1)
        }
        throw .malformedVocabulary(part: "merges", reason: "too many share one hash value")
    }

    private mutating func grow() throws(TokenizationError) {
        let old = (keys, merges)
        keys = Array(repeating: Self.emptyKey, count: old.0.count * 2)
        merges = Array(repeating: .none, count: old.0.count * 2)
        count = 0
        for (key, merge) in zip(old.0, old.1) where key != Self.emptyKey {
            try place(key, merge)
        }
    }

    private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    private static func hash(_ key: UInt64) -> Int {
        let product = key &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: product ^ (product >> 32))
    }
}
