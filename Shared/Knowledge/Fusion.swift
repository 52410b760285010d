/// How two rankings become one.
public enum Fusion: Sendable, Equatable {
    /// weight · lexical / best lexical + (1 - weight) · cosine: each score by the range it can
    /// have, BM25 from 0 to the best found, cosine as it is (Bruch et al., "An Analysis of Fusion
    /// Functions for Hybrid Retrieval", 2023, section 4).
    case convex(lexicalWeight: Double)
    /// 1 / (60 + rank), added up (Cormack et al., "Reciprocal Rank Fusion", 2009). Looks at ranks
    /// only.
    case reciprocalRank

    /// Measured on half of SQuAD's questions (docs/KNOWLEDGE.md).
    public static let standard = Fusion.convex(lexicalWeight: 0.4)
}

/// A passage that at least one side found, with its exact scores on both.
struct Candidate: Sendable, Equatable {
    let id: Int64
    /// BM25; 0 when no word occurs.
    let lexical: Float
    /// Cosine.
    let dense: Float
}

extension Fusion {
    private static let rankConstant: Float = 60

    /// The candidates' fused scores, best first, of equals the older passage.
    func ranking(_ candidates: [Candidate]) -> [Scored] {
        switch self {
        case .convex(let weight): convex(candidates, Float(weight)).sorted { $0.precedes($1) }
        case .reciprocalRank: reciprocal(candidates).sorted { $0.precedes($1) }
        }
    }

    private func convex(_ candidates: [Candidate], _ weight: Float) -> [Scored] {
        let best = candidates.reduce(0) { max($0, $1.lexical) }
        let scale = best > 0 ? weight / best : 0
        return candidates.map {
            Scored(id: $0.id, score: scale * $0.lexical + (1 - weight) * $0.dense)
        }
    }

    private func reciprocal(_ candidates: [Candidate]) -> [Scored] {
        let lexical = ranks(
            candidates.filter { $0.lexical > 0 }.map { Scored(id: $0.id, score: $0.lexical) })
        let dense = ranks(candidates.map { Scored(id: $0.id, score: $0.dense) })
        return candidates.map { candidate in
            let scores = [lexical[candidate.id], dense[candidate.id]].compactMap { rank in
                rank.map { 1 / (Self.rankConstant + Float($0)) }
            }
            return Scored(id: candidate.id, score: scores.reduce(0, +))
        }
    }

    /// Ranks count from 1.
    private func ranks(_ scores: [Scored]) -> [Int64: Int] {
        let ranking = scores.sorted { $0.precedes($1) }
        return Dictionary(uniqueKeysWithValues: ranking.enumerated().map { ($1.id, $0 + 1) })
    }
}
