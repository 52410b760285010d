internal import Glibc

/// How far the next-token distributions of a candidate are from those of what is served, over the
/// same tokens.
struct Divergence: Sendable, Equatable {
    private(set) var tokenCount = 0
    /// Σ KL(served ‖ candidate), in nats.
    private(set) var klSum = 0.0
    /// Tokens for which both find the same one likeliest.
    private(set) var agreementCount = 0

    var meanKL: Double { tokenCount > 0 ? klSum / Double(tokenCount) : 0 }
    var agreement: Double { tokenCount > 0 ? Double(agreementCount) / Double(tokenCount) : 1 }

    /// - Parameters:
    ///   - served, candidate: Logits over one vocabulary.
    mutating func add(served: ArraySlice<Float>, candidate: ArraySlice<Float>) {
        tokenCount += 1
        klSum += Self.kl(served, candidate)
        let best = { (logits: ArraySlice<Float>) in
            logits.indices.max { logits[$0] < logits[$1] }.map { $0 - logits.startIndex }
        }
        if best(served) == best(candidate) { agreementCount += 1 }
    }

    static func + (left: Divergence, right: Divergence) -> Divergence {
        var sum = left
        sum.tokenCount += right.tokenCount
        sum.klSum += right.klSum
        sum.agreementCount += right.agreementCount
        return sum
    }

    /// Σ p (ln p − ln q), p and q the softmaxes of the logits. In double precision: it is a small
    /// difference of large numbers.
    private static func kl(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> Double {
        let (leftTotal, rightTotal) = (logSumExp(left), logSumExp(right))
        return zip(left, right).reduce(0) { sum, pair in
            let (p, q) = (Double(pair.0) - leftTotal, Double(pair.1) - rightTotal)
            return sum + exp(p) * (p - q)
        }
    }

    private static func logSumExp(_ logits: ArraySlice<Float>) -> Double {
        let top = Double(logits.max() ?? 0)
        return top + log(logits.reduce(0) { $0 + exp(Double($1) - top) })
    }
}
