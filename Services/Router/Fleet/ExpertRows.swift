internal import Checkpoint
internal import Model

/// One expert of one layer of a step. Two revisions may mean different artifacts by one number.
struct ExpertKey: Hashable, Sendable {
    let expert: Int
    let digest: ArtifactDigest
}

/// Rows of a step that were routed by one revision.
struct RevisionSpan: Sendable {
    let rows: Range<Int>
    let revision: Revision
}

/// The rows of a step that one expert has been chosen for, with its gate weights.
struct ExpertRows: Equatable, Sendable {
    let key: ExpertKey
    /// Indices of rows of the step, ascending.
    var rows: [Int]
    /// The gate weight of each row.
    var weights: [Float]

    /// Groups the choices of a step's rows by expert, in order of expert and first row. Where
    /// revisions share an artifact they share a group.
    ///
    /// - Parameters:
    ///   - routings: One per row of the step.
    ///   - spans: Cover all rows.
    static func grouping(
        _ routings: [Routing], of spans: [RevisionSpan], layer: Int
    ) -> [ExpertRows] {
        var groups: [ExpertKey: ExpertRows] = [:]
        for span in spans {
            let artifacts = span.revision.experts[layer]
            for row in span.rows {
                for choice in routings[row].choices {
                    let key = ExpertKey(
                        expert: choice.expert, digest: artifacts[choice.expert].digest)
                    groups[key, default: ExpertRows(key: key, rows: [], weights: [])]
                        .append(row, choice.weight)
                }
            }
        }
        return groups.values.sorted { $0.order < $1.order }
    }

    /// A total order: a row visits an expert once, so no two groups share both numbers.
    var order: (Int, Int) { (key.expert, rows.first ?? 0) }

    private mutating func append(_ row: Int, _ weight: Float) {
        rows.append(row)
        weights.append(weight)
    }
}
