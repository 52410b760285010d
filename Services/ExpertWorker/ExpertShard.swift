internal import Checkpoint
internal import LinearAlgebra
internal import Model
internal import Transport
internal import Wire

/// An expert that is ready to compute.
struct LoadedExpert: Sendable {
    let digest: ArtifactDigest
    /// Of the artifact.
    let byteCount: Int
    let expert: Expert
}

/// The experts resident in this worker, and what they have done. Lives on the compute loop, so a
/// computation is never interrupted by a change of experts.
actor ExpertShard: LoopBound {
    private struct Resident {
        let expert: Expert
        var counters: ArtifactStatistics
    }

    nonisolated let loop: EventLoop
    private var held: HeldArtifacts
    private var residents: [ArtifactDigest: Resident] = [:]

    init(memoryByteCountMax: Int, loop: EventLoop) {
        held = HeldArtifacts(byteCountMax: memoryByteCountMax)
        self.loop = loop
    }

    // MARK: - Holding

    /// A router wants exactly `digests`. `isFirst`: it had not asked for anything before.
    func begin(
        _ digests: [ArtifactDigest], by link: LinkID
    ) -> (ticket: HeldArtifacts.Ticket, isFirst: Bool) {
        let isFirst = !held.knows(link)
        return (held.begin(digests, by: link), isFirst)
    }

    /// The missing experts have been loaded, as far as they could be. Counters of experts that stay
    /// go on.
    ///
    /// - Returns: The bytes that are resident now.
    /// - Throws: `noSpace`, or `failedPrecondition` when a later request took this one's place;
    ///   nothing was changed then.
    func settle(
        _ ticket: HeldArtifacts.Ticket, loaded: ArtifactLoader.Loaded
    ) throws(Fault) -> Int {
        switch held.settle(ticket, loaded: loaded.byteCounts, excess: loaded.excessByteCount) {
        case .superseded:
            throw Fault(
                code: .failedPrecondition, message: "a later HoldArtifacts took the place of this")
        case .noSpace(let byteCount):
            throw Fault(
                code: .noSpace,
                message: "holding this takes at least \(byteCount) bytes, more than the "
                    + "\(held.byteCountMax) of --memory; nothing was changed")
        case .held(let dropped):
            for digest in dropped { residents[digest] = nil }
            for expert in loaded.experts where held.isResident(expert.digest) { add(expert) }
            return held.residentBytes
        }
    }

    /// The request is over before its end; what has been loaded stays where there is room.
    func abandon(_ ticket: HeldArtifacts.Ticket, loaded: ArtifactLoader.Loaded) {
        let added = held.abandon(ticket, loaded: loaded.byteCounts)
        for expert in loaded.experts where added.contains(expert.digest) { add(expert) }
    }

    /// The link is gone.
    func forget(_ link: LinkID) { held.forget(link) }

    private func add(_ loaded: LoadedExpert) {
        guard residents[loaded.digest] == nil else { return }
        residents[loaded.digest] = Resident(
            expert: loaded.expert,
            counters: ArtifactStatistics(
                digest: loaded.digest.bytes, byteCount: loaded.byteCount))
    }

    // MARK: - Computing

    /// Weighted outputs of the dispatch's experts over its rows, reduced as it asks, and the time
    /// taken. What nobody waits for any more is not computed: those that wait come first.
    func compute(
        _ dispatch: ValidDispatch
    ) throws(Fault) -> (sums: Matrix, nanoseconds: Int) {
        let start = ContinuousClock.now
        var output = Reduced(dispatch)
        for group in dispatch.groups {
            guard !Task.isCancelled else {
                throw Fault(code: .deadlineExceeded, message: "nobody waits for this any more")
            }
            let start = ContinuousClock.now
            let expert = try expert(group.digest, hiddenSize: dispatch.rows.columnCount)
            output.add(expert(dispatch.rows.rows(at: group.rows)), of: group)
            count(group, since: start)
        }
        return (output.sums, Self.nanoseconds(since: start))
    }

    private func expert(_ digest: ArtifactDigest, hiddenSize: Int) throws(Fault) -> Expert {
        guard let expert = residents[digest]?.expert else {
            throw Fault(
                code: .expertUnavailable, message: "artifact \(digest) is not resident here",
                artifact: digest.bytes)
        }
        guard expert.hiddenSize == hiddenSize else {
            throw Fault(
                code: .badRequest,
                message: "artifact \(digest) has hidden size \(expert.hiddenSize), the rows have "
                    + "\(hiddenSize)",
                artifact: digest.bytes)
        }
        return expert
    }

    // MARK: - Counters

    var residentBytes: Int { held.residentBytes }

    /// What is resident, or about to be.
    var digestsInUse: Set<ArtifactDigest> { held.inUse }

    /// Of every resident artifact.
    var statistics: [ArtifactStatistics] {
        residents.sorted { $0.key < $1.key }.map(\.value.counters)
    }

    private func count(_ group: ValidDispatch.Group, since start: ContinuousClock.Instant) {
        residents[group.digest]?.counters.rowCount += group.rows.count
        residents[group.digest]?.counters.weightMass += group.weights.reduce(0) { $0 + Double($1) }
        residents[group.digest]?.counters.computeNanoseconds += Self.nanoseconds(since: start)
    }

    private static func nanoseconds(since start: ContinuousClock.Instant) -> Int {
        Int((ContinuousClock.now - start) / .nanoseconds(1))
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
