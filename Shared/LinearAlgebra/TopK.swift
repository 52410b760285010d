/// A number and where it stood.
public struct IndexedFloat: Sendable, Equatable {
    public let index: Int
    public let value: Float

    public init(index: Int, value: Float) {
        self.index = index
        self.value = value
    }

    /// Larger first; of equals, the one that stood earlier. NaN is below everything.
    func precedes(_ other: IndexedFloat) -> Bool {
        if value == other.value || (value.isNaN && other.value.isNaN) { return index < other.index }
        return other.value.isNaN || value > other.value
    }
}

extension Collection where Element == Float, Index == Int {
    /// The `count` largest, largest first, equals in order of position; indices count from 0.
    public func largest(_ count: Int) -> [IndexedFloat] {
        var best: [IndexedFloat] = []
        guard count > 0 else { return best }
        best.reserveCapacity(Swift.min(count, self.count) + 1)
        for (index, value) in self.enumerated() {
            let candidate = IndexedFloat(index: index, value: value)
            if best.count == count, !candidate.precedes(best[count - 1]) { continue }
            insert(candidate, into: &best, limit: count)
        }
        return best
    }

    private func insert(_ candidate: IndexedFloat, into best: inout [IndexedFloat], limit: Int) {
        var position = best.count
        while position > 0, candidate.precedes(best[position - 1]) { position -= 1 }
        best.insert(candidate, at: position)
        if best.count > limit { best.removeLast() }
    }

    /// Where the largest number stands, the first of equals; nil when there is none.
    public var indexOfLargest: Int? { largest(1).first?.index }
}
