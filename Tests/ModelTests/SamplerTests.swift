import Foundation
import Model
import Testing
import Tokenization

struct SamplerTests {
    private let logits: [Float] = [0, 2, 1, 2, -1]

    @Test func `temperature zero takes the largest, of equals the lowest`() {
        var sampler = Sampler(temperature: 0, seed: 1)
        #expect(sampler.sample(logits).token == 1)
    }

    @Test func `the log probability is the model's, whatever the temperature`() {
        let sum = logits.map { exp(Double($0)) }.reduce(0, +)
        for temperature: Float in [0, 0.5, 1, 2] {
            var sampler = Sampler(temperature: temperature, topP: 0.9, seed: 3)
            let (token, logProbability) = sampler.sample(logits)
            #expect(abs(Double(logProbability) - (Double(logits[Int(token)]) - log(sum))) < 1e-6)
        }
    }

    @Test func `equal seeds draw equal tokens`() {
        let draw = { (seed: UInt64) -> [TokenID] in
            var sampler = Sampler(seed: seed)
            return (0..<50).map { _ in sampler.sample(logits).token }
        }
        #expect(draw(7) == draw(7))
        #expect(draw(7) != draw(8))
    }

    @Test(arguments: [Float(0.7), 1, 1.6])
    func `tokens come as often as their probabilities say`(temperature: Float) {
        var sampler = Sampler(temperature: temperature, seed: 11)
        var counts = [Int](repeating: 0, count: logits.count)
        for _ in 0..<20_000 { counts[Int(sampler.sample(logits).token)] += 1 }
        let weights = logits.map { exp(Double($0 / temperature)) }
        for (count, weight) in zip(counts, weights) {
            // Five standard deviations of a share of 20,000.
            #expect(abs(Double(count) / 20_000 - weight / weights.reduce(0, +)) < 0.018)
        }
    }

    @Test func `top p keeps the smallest set that reaches it`() {
        // Probabilities 0.5, 0.3, 0.15, 0.05.
        let logits = [0.15, 0.5, 0.05, 0.3].map { Float(log($0)) }
        let drawn = { (topP: Float) -> Set<TokenID> in
            var sampler = Sampler(topP: topP, seed: 5)
            return Set((0..<2_000).map { _ in sampler.sample(logits).token })
        }
        #expect(drawn(0.01) == [1])
        #expect(drawn(0.49) == [1])
        #expect(drawn(0.7) == [1, 3])
        #expect(drawn(0.9) == [0, 1, 3])
        #expect(drawn(1) == [0, 1, 2, 3])
    }

    @Test func `the likeliest tokens come with their log probabilities`() {
        let top = Sampler.topLogProbabilities(logits, count: 3)
        #expect(top.map(\.token) == [1, 3, 2])
        #expect(abs(top[0].logProbability - top[2].logProbability - 1) < 1e-6)
    }

    @Test func `impossible tokens are never drawn`() {
        var sampler = Sampler(seed: 9)
        let logits: [Float] = [-.infinity, 1, -.infinity]
        #expect((0..<100).allSatisfy { _ in sampler.sample(logits).token == 1 })
    }
}
