internal import Glibc
internal import LinearAlgebra
public import Tokenization

/// A token and the natural logarithm of its probability under the model itself, before temperature
/// and top-p.
public typealias TokenLogProbability = (token: TokenID, logProbability: Float)

/// Chooses tokens from logits. Equal seeds and equal logits give equal tokens.
public struct Sampler: Sendable {
    private let temperature: Float
    private let topP: Float
    private var random: RandomSource

    /// At temperature 0 the likeliest token is taken, of equals the lowest, and nothing is random.
    ///
    /// `temperature` is at least 0. `topP` in (0, 1] keeps the smallest set of likeliest tokens
    /// whose probabilities reach it (Holtzman et al. 2020).
    public init(temperature: Float = 1, topP: Float = 1, seed: UInt64) {
        precondition(temperature >= 0)
        precondition(topP > 0 && topP <= 1)
        self.temperature = temperature
        self.topP = topP
        random = RandomSource(seed: seed)
    }

    /// The next token for a row of logits, which must not be empty.
    public mutating func sample(_ logits: [Float]) -> TokenLogProbability {
        let token = temperature == 0 ? logits.indexOfLargest ?? 0 : draw(logits)
        return (TokenID(token), logits[token] - logSumExp(logits))
    }

    /// The `count` likeliest tokens, likeliest first.
    public static func topLogProbabilities(_ logits: [Float], count: Int) -> [TokenLogProbability] {
        let total = logSumExp(logits)
        return logits.largest(count).map { (TokenID($0.index), $0.value - total) }
    }

    private mutating func draw(_ logits: [Float]) -> Int {
        var row = Matrix(row: logits.map { $0 / temperature })
        row.softmaxRows()
        let candidates = topP < 1 ? nucleus(row.elements) : row.elements.enumerated().map {
            IndexedFloat(index: $0, value: $1)
        }
        let total = candidates.reduce(0) { $0 + Double($1.value) }
        var left = random.nextUnit() * total
        for candidate in candidates {
            left -= Double(candidate.value)
            if left < 0 { return candidate.index }
        }
        // Rounding may leave a crumb: the last that can occur.
        return candidates.last { $0.value > 0 }?.index ?? logits.indexOfLargest ?? 0
    }

    /// The likeliest tokens that together reach `topP`, likeliest first.
    private func nucleus(_ probabilities: [Float]) -> [IndexedFloat] {
        // What is left out sums to at most 1 - topP; a token below an equal share of that can be
        // none of the chosen, so only the few above it are sorted.
        let floor = (1 - topP) / Float(probabilities.count)
        let sorted = probabilities.enumerated()
            .filter { $0.element >= floor }
            .map { IndexedFloat(index: $0.offset, value: $0.element) }
            .sorted { ($0.value, $1.index) > ($1.value, $0.index) }
        var sum: Float = 0
        let end = sorted.firstIndex { candidate in
            sum += candidate.value
            return sum >= topP
        }
        return Array(sorted[...(end ?? sorted.count - 1)])
    }
}
