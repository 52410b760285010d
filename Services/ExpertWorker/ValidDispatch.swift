internal import Checkpoint
internal import LinearAlgebra
internal import Wire

/// Proof that a dispatch was checked: its rows have the shape that it claims and its groups name
/// rows that exist.
struct ValidDispatch: Sendable {
    struct Group: Sendable {
        /// The expert's artifact.
        let digest: ArtifactDigest
        /// Indices into `rows`.
        let rows: [Int]
        /// The gate weight of each.
        let weights: [Float]
    }

    let reduction: Reduction
    let rows: Matrix  // [rowCount, hiddenSize]
    let groups: [Group]

    /// - Throws: `badRequest` naming the first number that does not fit.
    init(_ dispatch: ExpertDispatch, rows elements: [Float]) throws(Fault) {
        let (count, overflow) = dispatch.rowCount.multipliedReportingOverflow(
            by: dispatch.hiddenSize)
        guard !overflow, count == elements.count, count > 0 else {
            throw Self.refusal(
                "\(dispatch.rowCount) rows of \(dispatch.hiddenSize) were announced, "
                    + "\(elements.count) numbers came")
        }
        reduction = dispatch.reduction
        rows = Matrix(
            rowCount: dispatch.rowCount, columnCount: dispatch.hiddenSize, elements: elements)
        groups = try Self.checked(dispatch.groups, rowCount: dispatch.rowCount)
    }

    private static func checked(_ groups: [ExpertGroup], rowCount: Int) throws(Fault) -> [Group] {
        var checked: [Group] = []
        for group in groups {
            let digest = try ArtifactDigest(received: group.digest)
            guard group.rows.count == group.weights.count else {
                throw refusal(
                    "artifact \(digest) has \(group.rows.count) rows and "
                        + "\(group.weights.count) weights")
            }
            guard Set(group.rows).count == group.rows.count,
                group.rows.allSatisfy({ $0 < rowCount })
            else {
                throw refusal("artifact \(digest) names a row twice or one beyond \(rowCount)")
            }
            checked.append(
                Group(digest: digest, rows: group.rows.map(Int.init), weights: group.weights))
        }
        return checked
    }

    private static func refusal(_ message: String) -> Fault {
        Fault(code: .badRequest, message: message)
    }
}

extension ArtifactDigest {
    /// - Throws: `badRequest` unless there are 32 bytes.
    init(received bytes: [UInt8]) throws(Fault) {
        guard let digest = Self(bytes: bytes) else {
            throw Fault(code: .badRequest, message: "a digest has 32 bytes, not \(bytes.count)")
        }
        self = digest
    }
}
