internal import LinearAlgebra
internal import Model
internal import Transport
internal import Wire

/// The experts resident in this worker, and what they have done. Lives on the compute loop, so a
/// computation is never interrupted by a change of experts.
actor ExpertShard: LoopBound {
    /// One expert of one layer of one revision of a model.
    struct Key: Hashable, Sendable {
        let model: String
        let revision: Int
        let layer: Int
        let expert: Int
    }

    private struct Resident {
        let expert: Expert
        let digest: [UInt8]
        var rowCount = 0
        var weightMass = 0.0
        var computeNanoseconds = 0
    }

    nonisolated let loop: EventLoop
    private var residents: [Key: Resident] = [:]

    init(loop: EventLoop) { self.loop = loop }

    var residentBytes: Int { residents.values.reduce(0) { $0 + $1.expert.byteCount } }
    var residentCount: Int { residents.count }

    /// Which of `placements` are not resident yet.
    func missing(
        of placements: [ExpertPlacement], model: String, revision: Int
    ) -> [ExpertPlacement] {
        placements.filter { residents[key($0, model, revision)]?.digest != $0.digest }
    }

    /// Adds what was loaded and drops what `placements` does not name. Counters of kept experts go
    /// on.
    ///
    /// Returns the bytes that are resident afterwards; nil, with nothing changed, when they would
    /// be more than `byteCountMax`.
    func replace(
        with placements: [ExpertPlacement], loaded: [(ExpertPlacement, Expert)], model: String,
        revision: Int, byteCountMax: Int
    ) -> Int? {
        let wanted = Set(placements.map { key($0, model, revision) })
        var next = residents.filter { wanted.contains($0.key) || $0.key.model != model }
        for (placement, expert) in loaded {
            next[key(placement, model, revision)] = Resident(
                expert: expert, digest: placement.digest)
        }
        let byteCount = next.values.reduce(0) { $0 + $1.expert.byteCount }
        guard byteCount <= byteCountMax else { return nil }
        residents = next
        return byteCount
    }

    /// Weighted outputs of the dispatch's experts over its rows, reduced as it asks, and the time
    /// taken.
    func compute(
        _ dispatch: ValidDispatch
    ) throws(Fault) -> (sums: Matrix, nanoseconds: Int) {
        let start = ContinuousClock.now
        var output = Reduced(dispatch)
        for group in dispatch.groups {
            let key = Key(
                model: dispatch.model, revision: dispatch.revision, layer: dispatch.layer,
                expert: group.expert)
            guard let resident = residents[key] else { throw unavailable(key) }
            guard resident.expert.hiddenSize == dispatch.rows.columnCount else {
                throw Fault(
                    code: .badRequest,
                    message: "expert \(key.expert) of layer \(key.layer) has hidden size "
                        + "\(resident.expert.hiddenSize), the rows "
                        + "have \(dispatch.rows.columnCount)"
                )
            }
            let start = ContinuousClock.now
            output.add(resident.expert(dispatch.rows.rows(at: group.rows)), of: group)
            count(group, for: key, since: start)
        }
        return (output.sums, Self.nanoseconds(since: start))
    }

    var statistics: [ExpertStatistics] {
        residents.map { key, resident in
            ExpertStatistics(
                layer: key.layer, expert: key.expert, digest: resident.digest,
                rowCount: resident.rowCount, weightMass: resident.weightMass,
                computeNanoseconds: resident.computeNanoseconds)
        }
        .sorted { ($0.layer, $0.expert) < ($1.layer, $1.expert) }
    }

    private func count(
        _ group: ValidDispatch.Group, for key: Key, since start: ContinuousClock.Instant
    ) {
        residents[key]?.rowCount += group.rows.count
        residents[key]?.weightMass += group.weights.reduce(0) { $0 + Double($1) }
        residents[key]?.computeNanoseconds += Self.nanoseconds(since: start)
    }

    private static func nanoseconds(since start: ContinuousClock.Instant) -> Int {
        Int((ContinuousClock.now - start) / .nanoseconds(1))
    }

    private func key(_ placement: ExpertPlacement, _ model: String, _ revision: Int) -> Key {
        Key(model: model, revision: revision, layer: placement.layer, expert: placement.expert)
    }

    private func unavailable(_ key: Key) -> Fault {
        Fault(
            code: .expertUnavailable,
            message: "expert \(key.expert) of layer \(key.layer) of \(key.model), revision "
                + "\(key.revision), is not resident here",
            expert: ExpertName(model: key.model, layer: key.layer, expert: key.expert))
    }
}

/// The reply to a dispatch in the making.
private struct Reduced {
    private(set) var sums: Matrix
    private let reduction: Reduction
    private var nextRow = 0

    init(_ dispatch: ValidDispatch) {
        reduction = dispatch.reduction
        let rowCount =
            switch dispatch.reduction {
            case .partialSum: dispatch.rows.rowCount
            case .perChoice: dispatch.groups.reduce(0) { $0 + $1.rows.count }
            }
        sums = Matrix(zeros: rowCount, dispatch.rows.columnCount)
    }

    mutating func add(_ outputs: Matrix, of group: ValidDispatch.Group) {
        for (index, weight) in group.weights.enumerated() {
            let target = reduction == .partialSum ? group.rows[index] : nextRow
            sums.addRow(index, of: outputs, scaledBy: weight, toRow: target)
            nextRow += 1
        }
    }
}
