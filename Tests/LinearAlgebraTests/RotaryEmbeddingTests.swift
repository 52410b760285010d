import Foundation
import LinearAlgebra
import Support
import Testing

struct RotaryEmbeddingTests {
    @Test(arguments: [RotaryPairing.halves, .neighbours])
    func `pairs turn by position times frequency`(pairing: RotaryPairing) {
        var random = SplitMix64(seed: 13)
        let before = random.matrix(2, 16)  // two heads of 8
        let rotary = RotaryEmbedding(
            pairing: pairing, frequencies: RotaryEmbedding.frequencies(base: 100, size: 8))
        var after = before
        after.rotate(by: rotary.angles(at: [3, 11]), headSize: 8)
        for (row, position) in [3.0, 11.0].enumerated() {
            for pair in 0..<4 {
                let angle = position * pow(100, -Double(pair) / 4)
                let (i, j) = pairing == .halves ? (pair, pair + 4) : (2 * pair, 2 * pair + 1)
                for head in [0, 8] {
                    let (a, b) = (Double(before[row, head + i]), Double(before[row, head + j]))
                    #expect(
                        abs(Double(after[row, head + i]) - (a * cos(angle) - b * sin(angle))) < 2e-6
                    )
                    #expect(
                        abs(Double(after[row, head + j]) - (b * cos(angle) + a * sin(angle))) < 2e-6
                    )
                }
            }
        }
    }

    @Test func `position zero and elements beyond the rotated ones stay`() {
        var random = SplitMix64(seed: 14)
        let before = random.matrix(2, 8)
        let rotary = RotaryEmbedding(
            pairing: .halves, frequencies: RotaryEmbedding.frequencies(base: 100, size: 4))
        var after = before
        after.rotate(by: rotary.angles(at: [0, 5]), headSize: 8)
        #expect(after.row(0) == before.row(0))
        #expect(Array(after.row(1))[4...] == Array(before.row(1))[4...])
        #expect(Array(after.row(1))[..<4] != Array(before.row(1))[..<4])
    }
}
