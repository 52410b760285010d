import LinearAlgebra
import Support
import Testing

struct SearchTests {
    @Test func `the largest come in order, equals by position, NaN last`() {
        let numbers: [Float] = [1, .nan, 3, 3, -2, 5, 3]
        #expect(numbers.largest(4).map(\.index) == [5, 2, 3, 6])
        #expect(numbers.largest(100).map(\.index) == [5, 2, 3, 6, 0, 4, 1])
        #expect(numbers.largest(0).isEmpty)
        #expect(numbers[2...].largest(1) == [IndexedFloat(index: 3, value: 5)])
        #expect([Float]().indexOfLargest == nil)
    }

    @Test func `a scan of int8 vectors is near the exact product`() {
        var random = SplitMix64(seed: 15)
        var vectors = Int8Vectors(dimension: 100)
        let rows = (0..<500).map { _ in random.floats(100) }
        for row in rows { vectors.append(row) }
        let query = random.floats(100)
        let scores = vectors.scores(query)
        for (row, score) in zip(rows, scores) {
            // Both sides are off by half a step of 1/127 at most: for 100 terms, five deviations.
            #expect(abs(score - Distance.dot(row, query)) < 0.15)
        }
        let expected = scores.largest(10)
        #expect(vectors.scan(query, limit: 10) == expected)
        #expect(vectors.scan(query, limit: 1000).count == 500)
    }

    @Test func `integer sums of a scan are exact`() {
        var vectors = Int8Vectors(dimension: 67)
        var ramp = (0..<67).map { Float($0 - 33) }
        ramp[0] = 127
        vectors.append(ramp)
        let expected = ramp.reduce(0) { $0 + $1 * $1 }
        #expect(vectors.scores(ramp) == [expected])
    }

    @Test func `removing a vector moves the last into its place`() {
        var vectors = Int8Vectors(dimension: 2)
        for vector: [Float] in [[1, 0], [0, 1], [-1, 0]] { vectors.append(vector) }
        vectors.swapRemove(at: 0)
        #expect(vectors.count == 2)
        #expect(vectors.scan([-1, 0], limit: 1).first?.index == 0)
        vectors.swapRemove(at: 1)
        vectors.swapRemove(at: 0)
        #expect(vectors.scan([1, 0], limit: 1).isEmpty)
    }

    @Test func `distances equal their definitions`() {
        #expect(Distance.dot([1, 2, 3], [4, 5, 6]) == 32)
        #expect(Distance.squaredL2([1, 2], [4, 6]) == 25)
        #expect(Distance.cosine([3, 0], [0, 2]) == 0)
        #expect(Distance.cosine([0, 0], [1, 2]) == 0)
        #expect(Distance.normalised([3, 4]) == [0.6, 0.8])
    }
}
