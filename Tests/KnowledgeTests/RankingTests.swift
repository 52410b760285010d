import LinearAlgebra
import Testing

@testable import Knowledge

@Suite struct RankingTests {
    private let candidates = [
        Candidate(id: 1, lexical: 8, dense: 0.2), Candidate(id: 2, lexical: 0, dense: 0.9),
        Candidate(id: 3, lexical: 4, dense: 0.6), Candidate(id: 4, lexical: 4, dense: 0.6),
    ]

    @Test func `the convex sum is what the formula says, and of equals the older comes first`() {
        let ranking = Fusion.convex(lexicalWeight: 0.5).ranking(candidates)
        #expect(ranking.map(\.id) == [1, 3, 4, 2])
        #expect(
            zip(ranking.map(\.score), [0.6, 0.55, 0.55, 0.45] as [Float]).allSatisfy {
                abs($0 - $1) < 1e-6
            })
    }

    @Test func `reciprocal ranks add up; what no word matches has no lexical rank`() {
        let ranking = Fusion.reciprocalRank.ranking(candidates)
        let expected: [Int64: Float] = [
            1: 1 / 61 + 1 / 64, 2: 1 / 61, 3: 1 / 62 + 1 / 62, 4: 1 / 63 + 1 / 63,
        ]
        #expect(ranking.map(\.id) == [3, 1, 4, 2])
        for scored in ranking { #expect(abs(scored.score - expected[scored.id]!) < 1e-6) }
    }

    @Test(arguments: [0.0, 1.0]) func `a weight of all or nothing gives one side's order`(
        weight: Double
    ) {
        let ranking = Fusion.convex(lexicalWeight: weight).ranking(candidates).map(\.id)
        #expect(ranking == (weight == 0 ? [2, 3, 4, 1] : [1, 3, 4, 2]))
    }

    @Test(arguments: [0, 1, 7, 100, 1_000]) func `the heap keeps what a sort would`(limit: Int) {
        var random = Seeded(UInt64(limit))
        let scores = (0..<500).map {
            Scored(id: Int64($0), score: Float(Int.random(in: 0..<40, using: &random)))
        }
        var best = TopScores(limit: limit)
        for scored in scores.shuffled(using: &random) where best.accepts(scored.score) {
            best.add(scored)
        }
        #expect(best.sorted == Array(scores.sorted { $0.precedes($1) }.prefix(limit)))
    }

    /// Why four times as many coarse scores as wanted are rescored.
    @Test func `the exact best are among four times as many of the coarse`() {
        var random = Seeded(1)
        var index = CollectionIndex(dimension: 48)
        let vectors = (0..<2_000).map { _ in random.direction(48) }
        for (id, vector) in vectors.enumerated() {
            index.add(IndexedPassage(id: Int64(id), termCount: 1, vector: vector))
        }
        for _ in 0..<20 {
            let query = random.direction(48)
            let exact = vectors.map { Distance.dot($0, query) }.largest(10).map { Int64($0.index) }
            let coarse = Set(index.best(40, of: index.coarseScores(of: query)).map(\.id))
            #expect(exact.allSatisfy { coarse.contains($0) })
        }
    }

    @Test func `an index that lost and gained passages answers like one built anew`() {
        var random = Seeded(2)
        var index = CollectionIndex(dimension: 8)
        var model: [Int64: [Float]] = [:]
        for id in 0..<300 as Range<Int64> {
            // Many are equal.
            let vector = id % 5 == 0 ? [Float](repeating: 0.35, count: 8) : random.direction(8)
            index.add(IndexedPassage(id: id, termCount: Int(id), vector: vector))
            model[id] = vector
            if id % 3 == 0, let gone = model.keys.randomElement(using: &random) {
                index.remove(gone)
                model[gone] = nil
            }
        }
        var fresh = CollectionIndex(dimension: 8)
        for (id, vector) in model.sorted(by: { $0.key < $1.key }) {
            fresh.add(IndexedPassage(id: id, termCount: Int(id), vector: vector))
        }
        #expect(index.count == model.count && index.meanTermCount == fresh.meanTermCount)
        for limit in [1, 10, 300] {
            let query = random.direction(8)
            #expect(
                index.best(limit, of: index.coarseScores(of: query))
                    == fresh.best(limit, of: fresh.coarseScores(of: query)))
        }
    }
}
