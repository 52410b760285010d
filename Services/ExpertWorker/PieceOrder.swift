/// Which piece of an artifact is asked for next, and which of those that came may be written: they
/// come in any order and are written in theirs.
struct PieceOrder: Sendable {
    private let end: Int
    private let pieceByteCount: Int
    private var nextAsked: Int
    private var nextWritten: Int
    private var waiting: [Int: [UInt8]] = [:]
    /// Pieces asked for that have not been handed out to be written.
    private(set) var askedCount = 0

    init(from start: Int, to end: Int, by pieceByteCount: Int) {
        self.end = end
        self.pieceByteCount = pieceByteCount
        nextAsked = start
        nextWritten = start
    }

    /// The bytes to ask for now; nil when all have been.
    mutating func next() -> Range<Int>? {
        guard nextAsked < end else { return nil }
        let range = nextAsked..<min(nextAsked + pieceByteCount, end)
        nextAsked = range.upperBound
        askedCount += 1
        return range
    }

    /// A piece has come.
    /// - Returns: The pieces that may be written now, in order.
    mutating func arrived(_ bytes: [UInt8], at offset: Int) -> [[UInt8]] {
        waiting[offset] = bytes
        var ready: [[UInt8]] = []
        while let bytes = waiting.removeValue(forKey: nextWritten) {
            ready.append(bytes)
            nextWritten += bytes.count
        }
        askedCount -= ready.count
        return ready
    }
}
