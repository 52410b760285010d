import LinearAlgebra
import Support
import Testing

struct AttentionTests {
    static let masks: [AttentionMask] = [.causal, .sliding(5), .sliding(40), .none]

    /// Two sequences of one batch; the second has a past.
    @Test(arguments: masks, [3, 37])
    func `attention equals the float64 twin`(mask: AttentionMask, rowCount: Int) {
        let shape = AttentionShape(
            headCount: 6, keyValueHeadCount: 2, headSize: 8, scale: 0.3, mask: mask)
        var random = SplitMix64(seed: 7)
        let past = 9
        var first = AttentionCache(width: 16)
        var second = AttentionCache(width: 16)
        let keys = random.matrix(2 * rowCount + past, 16)
        let values = random.matrix(2 * rowCount + past, 16)
        first.append(keys: keys, values: values, rows: 0..<rowCount)
        second.append(keys: keys, values: values, rows: rowCount..<keys.rowCount)
        let queries = random.matrix(2 * rowCount, 48)
        let result = attention(
            queries: queries,
            spans: [
                AttentionSpan(rows: 0..<rowCount, cache: first),
                AttentionSpan(rows: rowCount..<2 * rowCount, cache: second),
            ], shape: shape)
        var largestError = 0.0
        for row in 0..<2 * rowCount {
            let isFirst = row < rowCount
            let base = isFirst ? 0 : rowCount
            let position = isFirst ? row : row - rowCount + past
            let count = isFirst ? rowCount : rowCount + past
            for head in 0..<6 {
                let expected = Twin.attention(
                    part(queries, row, head),
                    keys: (base..<base + count).map { part(keys, $0, head / 3) },
                    values: (base..<base + count).map { part(values, $0, head / 3) },
                    visible: visible(mask, position, count), scale: 0.3)
                let errors = zip(part(result, row, head), expected).map { abs(Double($0) - $1) }
                largestError = max(largestError, errors.max() ?? .infinity)
            }
        }
        #expect(largestError < 2e-6)  // values below 1, weights that sum to 1
    }

    private func part(_ matrix: Matrix, _ row: Int, _ head: Int) -> [Float] {
        Array(Array(matrix.row(row))[head * 8..<head * 8 + 8])
    }

    private func visible(_ mask: AttentionMask, _ position: Int, _ count: Int) -> Range<Int> {
        switch mask {
        case .causal: 0..<position + 1
        case .sliding(let window): max(0, position + 1 - window)..<position + 1
        case .none: 0..<count
        }
    }

    /// A head size of whole vectors takes the vector kernels, 6 the portable ones.
    @Test(arguments: [6, 8, 40, 64])
    func `a row gets the bits that it gets alone`(headSize: Int) {
        let shape = AttentionShape(
            headCount: 3, keyValueHeadCount: 1, headSize: headSize, scale: 0.2)
        var random = SplitMix64(seed: 16)
        let (keys, values) = (random.matrix(50, headSize), random.matrix(50, headSize))
        let queries = random.matrix(50, 3 * headSize)
        var cache = AttentionCache(width: headSize)
        cache.append(keys: keys, values: values, rows: 0..<50)
        let together = attention(
            queries: queries, spans: [AttentionSpan(rows: 0..<50, cache: cache)], shape: shape)
        for row in (0..<50).reversed() {
            cache.truncate(to: row + 1)
            let alone = attention(
                queries: queries.rows(row..<row + 1),
                spans: [AttentionSpan(rows: 0..<1, cache: cache)],
                shape: shape)
            #expect(alone.elements == Array(together.row(row)))
        }
    }

    @Test func `a truncated cache is as if the rest had never been`() {
        var random = SplitMix64(seed: 8)
        let (keys, values) = (random.matrix(6, 4), random.matrix(6, 4))
        var cache = AttentionCache(width: 4)
        cache.append(keys: keys, values: values, rows: 0..<6)
        cache.truncate(to: 2)
        #expect(cache.count == 2)
        cache.append(keys: keys, values: values, rows: 2..<4)
        var fresh = AttentionCache(width: 4)
        fresh.append(keys: keys, values: values, rows: 0..<4)
        let shape = AttentionShape(headCount: 1, keyValueHeadCount: 1, headSize: 4, scale: 1)
        let query = random.matrix(1, 4)
        let results = [cache, fresh].map {
            attention(queries: query, spans: [AttentionSpan(rows: 0..<1, cache: $0)], shape: shape)
        }
        #expect(results[0] == results[1])
    }
}
