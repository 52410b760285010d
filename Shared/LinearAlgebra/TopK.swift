internal import CKernels

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

extension Array<Float> {
    /// The `count` largest, largest first, equals in order of position.
    public func largest(_ count: Int) -> [IndexedFloat] { self[...].largest(count) }

    /// Where the largest number stands, the first of equals; nil when there is none.
    public var indexOfLargest: Int? { largest(1).first?.index }
}

extension ArraySlice<Float> {
    /// The `count` largest, largest first, equals in order of position; indices count from the
    /// slice's first.
    public func largest(_ count: Int) -> [IndexedFloat] {
        var best: [IndexedFloat] = []
        guard count > 0 else { return best }
        best.reserveCapacity(Swift.min(count, self.count) + 1)
        unsafe withUnsafeBufferPointer { numbers in
            var index = 0
            while index < numbers.count {
                unsafe insert(
                    IndexedFloat(index: index, value: numbers[index]), into: &best, limit: count)
                // Most numbers are below the least of the best: C skips them by vectors.
                let least = best.count == count ? best[count - 1].value : -.infinity
                index =
                    unsafe best.count < count
                    ? index + 1
                    : ck_find_above(numbers.baseAddress, numbers.count, index + 1, least)
            }
        }
        return best
    }

    /// Where the largest number stands, the first of equals; nil when there is none.
    public var indexOfLargest: Int? { largest(1).first?.index }

    private func insert(_ candidate: IndexedFloat, into best: inout [IndexedFloat], limit: Int) {
        var position = best.count
        while position > 0, candidate.precedes(best[position - 1]) { position -= 1 }
        best.insert(candidate, at: position)
        if best.count > limit { best.removeLast() }
    }
}
