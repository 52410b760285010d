/// Okapi BM25 over the term counts that FTS5 reports (Robertson and Zaragoza, "The Probabilistic
/// Relevance Framework", 2009, section 3), with the non-negative inverse document frequency ln(1 +
/// (N - n + ½) / (n + ½)).
struct BM25: Sendable {
    /// How soon another occurrence of a term stops counting. Lower than the usual 1.2: passages are
    /// short, and it ranks SQuAD's paragraphs better (docs/KNOWLEDGE.md).
    static let saturation = 0.6
    /// How much longer passages are held back, 0 to 1.
    static let lengthWeight = 0.6

    var saturation = Self.saturation
    var lengthWeight = Self.lengthWeight

    /// A passage that holds at least one term, by its place in the index; 4 bits a term, the first
    /// lowest.
    struct Match: Sendable {
        let slot: Int32
        let counts: UInt64
    }

    /// One score a match, in order.
    func scores(
        _ matches: [Match], termCount: Int, lengths: [Int32], meanLength: Double, passageCount: Int
    ) -> [Float] {
        let weights = inverseFrequencies(matches, termCount: termCount, passageCount: passageCount)
        return matches.map { match in
            let length = Double(lengths[Int(match.slot)]) / meanLength
            let damping = saturation * (1 - lengthWeight + lengthWeight * length)
            var score = 0.0
            for term in 0..<termCount {
                let count = Double(match.counts >> UInt64(4 * term) & 15)
                score += weights[term] * count * (saturation + 1) / (count + damping)
            }
            return Float(score)
        }
    }

    /// Every passage that holds a term is among the matches, so they tell how frequent it is.
    private func inverseFrequencies(_ matches: [Match], termCount: Int, passageCount: Int)
        -> [Double]
    {
        var frequencies = [Int](repeating: 0, count: termCount)
        for match in matches {
            for term in 0..<termCount where match.counts >> UInt64(4 * term) & 15 != 0 {
                frequencies[term] += 1
            }
        }
        return frequencies.map { frequency in
            logarithm(1 + (Double(passageCount - frequency) + 0.5) / (Double(frequency) + 0.5))
        }
    }
}
