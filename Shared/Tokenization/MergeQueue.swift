/// The merges that are possible now, lowest rank first and leftmost first among equals.
///
/// A binary heap of numbers: the rank in the high half, the position in the low half. An entry is
/// not removed when its pair disappears; the reader sees that it is stale.
struct MergeQueue {
    private var heap: [UInt64] = []

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

    mutating func insert(rank: Int32, position: Int) {
        heap.append(UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(position)))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> (rank: Int32, position: Int)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty { sift(last) }
        return (Int32(first >> 32), Int(first & 0xFFFF_FFFF))
    }

    /// Puts `value` where the first one was and lets it sink.
    private mutating func sift(_ value: UInt64) {
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count && heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < value else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = value
    }
}
