internal import LinearAlgebra

/// The copy in memory of what a search of one collection scans: a byte a number of each vector, and
/// each passage's length in terms. Rebuilt from the database at every start; nothing in it is
/// written anywhere.
struct CollectionIndex: Sendable {
    private(set) var ids: [Int64] = []
    private(set) var termCounts: [Int32] = []
    private(set) var slots = SlotTable()
    private var vectors: Int8Vectors
    private var termCountTotal = 0
    /// How many passages hold a term, as far as earlier searches have found out.
    var frequencies = TermFrequencies()

    init(dimension: Int) { vectors = Int8Vectors(dimension: dimension) }

    var count: Int { ids.count }
    var meanTermCount: Double { count == 0 ? 0 : Double(termCountTotal) / Double(count) }

    mutating func add(_ passage: IndexedPassage) {
        slots[passage.id] = count
        ids.append(passage.id)
        termCounts.append(Int32(passage.termCount))
        termCountTotal += passage.termCount
        vectors.append(passage.vector)
    }

    /// The last passage takes the place of the removed one.
    mutating func remove(_ id: Int64) {
        guard let slot = slots[id] else { return }
        slots[id] = nil
        termCountTotal -= Int(termCounts[slot])
        let last = count - 1
        if slot != last { slots[ids[last]] = slot }
        ids.swapAt(slot, last)
        termCounts.swapAt(slot, last)
        ids.removeLast()
        termCounts.removeLast()
        vectors.swapRemove(at: slot)
    }

    /// The product of each passage's coarse vector with `query`, by slot.
    func coarseScores(of query: [Float]) -> [Float] { count > 0 ? vectors.scores(query) : [] }

    /// The `limit` best of scores by slot: best first, of equals the older passage.
    func best(_ limit: Int, of scores: [Float]) -> [Scored] {
        var best = TopScores(limit: limit)
        for (slot, score) in scores.enumerated() where best.accepts(score) {
            best.add(Scored(id: ids[slot], score: score))
        }
        return best.sorted
    }
}

/// A passage and how well it fits.
struct Scored: Sendable, Equatable {
    let id: Int64
    let score: Float

    /// Better first; of equals the older passage, so that an answer never depends on chance or
    /// history.
    func precedes(_ other: Scored) -> Bool {
        score != other.score ? score > other.score : id < other.id
    }
}

/// Keeps the `limit` best of any number of scores: a heap with the worst on top.
struct TopScores {
    private let limit: Int
    private var heap: [Scored] = []

    init(limit: Int) {
        self.limit = limit
        heap.reserveCapacity(limit)
    }

    var sorted: [Scored] { heap.sorted { $0.precedes($1) } }

    /// False when a passage with this score cannot be among the best: the cheap test before `add`.
    func accepts(_ score: Float) -> Bool {
        heap.count < limit || (limit > 0 && score >= heap[0].score)
    }

    mutating func add(_ candidate: Scored) {
        if heap.count < limit {
            heap.append(candidate)
            siftUp(heap.count - 1)
        } else if limit > 0, candidate.precedes(heap[0]) {
            heap[0] = candidate
            siftDown(0)
        }
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0, heap[(child - 1) / 2].precedes(heap[child]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[worst].precedes(heap[child]) { worst = child }
            }
            guard worst != parent else { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}
