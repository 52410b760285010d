/// The tokens of words that were met before in the same text.
///
/// Each word has one place; a new word takes the place of the old one. So the cache is bounded,
/// needs no lock (it lives for one call), and words that are made to collide only miss.
struct WordCache {
    private struct Entry {
        var hash: UInt64 = 0
        var word = 0..<0
        var tokens = 0..<0
    }

    private var entries: [Entry]
    private var bytes: [UInt8] = []
    private var tokens: [TokenID] = []

    /// Longer words seldom come twice.
    private static let wordByteCountMax = 32
    /// Entries for a long text: most words of prose are among so many.
    private static let entryCountMax = 8192
    /// Bytes kept. When they are full of words that were replaced, the cache starts again.
    private static let byteCountMax = 1 << 20

    /// A cache for a text of that length; a short text gets none.
    init(textByteCount: Int) {
        var count = 64
        while count < Self.entryCountMax && count * 16 < textByteCount { count *= 2 }
        entries = textByteCount < 256 ? [] : Array(repeating: Entry(), count: count)
    }

    /// Appends the tokens of a known word; false when the word is not known.
    func append(
        _ hash: UInt64, _ text: borrowing [UInt8], _ range: Range<Int>, to result: inout [TokenID]
    ) -> Bool {
        guard !entries.isEmpty, range.count <= Self.wordByteCountMax else { return false }
        let entry = entries[Int(truncatingIfNeeded: hash) & (entries.count - 1)]
        guard entry.hash == hash, isEqual(entry.word, text, range) else { return false }
        for index in entry.tokens { result.append(tokens[index]) }
        return true
    }

    mutating func insert(
        _ hash: UInt64, _ text: borrowing [UInt8], _ range: Range<Int>, _ found: ArraySlice<TokenID>
    ) {
        guard !entries.isEmpty, range.count <= Self.wordByteCountMax else { return }
        if bytes.count > Self.byteCountMax { removeAll() }
        let entry = Entry(
            hash: hash, word: bytes.count..<(bytes.count + range.count),
            tokens: tokens.count..<(tokens.count + found.count))
        for index in range { bytes.append(text[index]) }
        tokens.append(contentsOf: found)
        entries[Int(truncatingIfNeeded: hash) & (entries.count - 1)] = entry
    }

    private mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        for index in entries.indices { entries[index] = Entry() }
    }

    private func isEqual(_ word: Range<Int>, _ text: borrowing [UInt8], _ range: Range<Int>) -> Bool
    {
        guard word.count == range.count else { return false }
        for offset in 0..<word.count
        where bytes[word.lowerBound + offset] != text[range.lowerBound + offset] {
            return false
        }
        return true
    }
}
