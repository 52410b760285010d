/// A word while its symbols are merged: a linked list in an array, and the queue of merges.
///
/// n symbols cost O(n log n), whatever the word is; a megabyte without a space is no attack. One
/// list serves all words of a text, so that words cost no allocation.
struct MergeList {
    private struct Symbol {
        var token: TokenID
        var previous: Int32
        var next: Int32
        /// The merge with the symbol after it, as last looked up; rank `.max` when there is none.
        var merge: MergeTable.Merge
    }

    private var symbols: [Symbol] = []
    private var queue = MergeQueue()

    mutating func removeAll() {
        symbols.removeAll(keepingCapacity: true)
        queue.removeAll()
    }

    mutating func append(_ token: TokenID) {
        let index = Int32(symbols.count)
        if index > 0 { symbols[symbols.count - 1].next = index }
        symbols.append(Symbol(token: token, previous: index - 1, next: -1, merge: .none))
    }

    /// Merges until nothing is left to merge, and appends the tokens that remain.
    mutating func merge(by table: borrowing MergeTable, into tokens: inout [TokenID]) {
        for index in symbols.indices { propose(index, table) }
        while let (rank, position) = queue.popFirst() {
            // Stale when the symbol was absorbed or its neighbour changed since.
            guard symbols[position].merge.rank == rank else { continue }
            absorb(position, table)
        }
        collect(into: &tokens)
    }

    private mutating func absorb(_ position: Int, _ table: borrowing MergeTable) {
        let absorbed = Int(symbols[position].next)
        let next = symbols[absorbed].next
        symbols[position].token = symbols[position].merge.result
        symbols[position].next = next
        symbols[absorbed].merge = .none
        if next >= 0 { symbols[Int(next)].previous = Int32(position) }
        propose(position, table)
        let previous = symbols[position].previous
        if previous >= 0 { propose(Int(previous), table) }
    }

    private mutating func propose(_ position: Int, _ table: borrowing MergeTable) {
        let next = symbols[position].next
        guard next >= 0 else {
            symbols[position].merge = .none
            return
        }
        let merge = table.find(symbols[position].token, symbols[Int(next)].token)
        symbols[position].merge = merge
        if merge.result >= 0 { queue.insert(rank: merge.rank, position: position) }
    }

    private func collect(into tokens: inout [TokenID]) {
        var position: Int32 = symbols.isEmpty ? -1 : 0
        while position >= 0 {
            tokens.append(symbols[Int(position)].token)
            position = symbols[Int(position)].next
        }
    }
}
