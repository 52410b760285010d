internal import Checkpoint

/// A router's connection to this worker: who wants something held.
struct LinkID: Hashable, Sendable {
    let number: UInt
}

/// Which artifacts are resident, who wants them, and what goes when memory is short. Decides only;
/// `ExpertShard` holds the experts.
///
/// What a connected router wants stays. What only lost routers wanted stays as long as nobody
/// needs its memory, so that a router that comes back finds it; the longest lost goes first. What
/// a router no longer wants, and nobody else does, goes at once.
struct HeldArtifacts: Sendable {
    /// A request that has begun and is not settled: its artifacts are being loaded.
    struct Ticket: Equatable, Sendable {
        let link: LinkID
        fileprivate let number: Int
        /// What is to be loaded, in the order of the request.
        let missing: [ArtifactDigest]
        /// Bytes that loading may take; a request that needs more will be refused.
        let roomByteCount: Int
    }

    enum Outcome: Equatable, Sendable {
        /// All that was loaded is resident; `dropped` is not any more.
        case held(dropped: Set<ArtifactDigest>)
        /// What routers want would take this many bytes, more than there are. Nothing was changed.
        case noSpace(byteCount: Int)
        /// A later request of the same link took its place, or the link is gone. Nothing was
        /// changed.
        case superseded
    }

    /// Never exceeded.
    let byteCountMax: Int
    /// The resident artifacts.
    private(set) var byteCounts: [ArtifactDigest: Int] = [:]
    private var wanted: [LinkID: Set<ArtifactDigest>] = [:]
    private var pending: [LinkID: (number: Int, digests: Set<ArtifactDigest>)] = [:]
    /// Resident, and wanted by no link that is still there; the longest lost first.
    private var orphans: [ArtifactDigest] = []
    private var lastNumber = 0

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    var residentBytes: Int { byteCounts.values.reduce(0, +) }

    func isResident(_ digest: ArtifactDigest) -> Bool { byteCounts[digest] != nil }

    /// Whether the link has asked for anything yet.
    func knows(_ link: LinkID) -> Bool { wanted[link] != nil || pending[link] != nil }

    /// A router wants exactly `digests`. What is resident of them stays until `settle` or
    /// `abandon`.
    mutating func begin(_ digests: [ArtifactDigest], by link: LinkID) -> Ticket {
        lastNumber += 1
        pending[link] = (lastNumber, Set(digests))
        var seen: Set<ArtifactDigest> = []
        let missing = digests.filter { byteCounts[$0] == nil && seen.insert($0).inserted }
        let room = byteCountMax - byteCount(of: kept(exceptWantsOf: link))
        return Ticket(link: link, number: lastNumber, missing: missing, roomByteCount: room)
    }

    /// The missing artifacts have been loaded, as far as they could be; `loaded` has their sizes.
    ///
    /// - Parameter excess: Bytes beyond the ticket's room, where loading stopped.
    mutating func settle(
        _ ticket: Ticket, loaded: [ArtifactDigest: Int], excess: Int = 0
    ) -> Outcome {
        guard let request = pending[ticket.link], request.number == ticket.number else {
            return .superseded
        }
        let added = loaded.filter { byteCounts[$0.key] == nil && request.digests.contains($0.key) }
        let kept = kept(exceptWantsOf: ticket.link)
        let byteCountKept = byteCount(of: kept) + added.values.reduce(0, +)
        pending[ticket.link] = nil
        guard byteCountKept <= byteCountMax, excess == 0 else {
            return .noSpace(byteCount: max(byteCountKept, byteCountMax + excess))
        }
        byteCounts.merge(added) { old, _ in old }
        let former = wanted.updateValue(
            request.digests.filter { byteCounts[$0] != nil }, forKey: ticket.link)
        orphans.removeAll(where: request.digests.contains)
        return .held(dropped: release((former ?? []).subtracting(request.digests)))
    }

    /// The request is over before its end: its router is lost, or has stopped waiting. What has
    /// been loaded for it stays where there is room, like what a lost router wanted, so that the
    /// next attempt need not begin anew.
    ///
    /// - Returns: What of it is resident now.
    mutating func abandon(
        _ ticket: Ticket, loaded: [ArtifactDigest: Int]
    ) -> Set<ArtifactDigest> {
        if pending[ticket.link]?.number == ticket.number { pending[ticket.link] = nil }
        var room = byteCountMax - residentBytes
        var added: Set<ArtifactDigest> = []
        for digest in ticket.missing where byteCounts[digest] == nil {
            guard let byteCount = loaded[digest], byteCount <= room else { continue }
            byteCounts[digest] = byteCount
            orphans.append(digest)
            room -= byteCount
            added.insert(digest)
        }
        return added
    }

    /// The link is gone. What it wanted stays until memory is needed.
    mutating func forget(_ link: LinkID) {
        pending[link] = nil
        let lost = wanted.removeValue(forKey: link) ?? []
        orphans += lost.subtracting(union(of: wanted.values)).sorted()
    }

    /// What is resident and must stay: what other links want, and what pending requests name.
    private func kept(exceptWantsOf link: LinkID) -> Set<ArtifactDigest> {
        let others = union(of: wanted.lazy.filter { $0.key != link }.map(\.value))
        return others.union(named.filter { byteCounts[$0] != nil })
    }

    /// What is resident, and what pending requests name.
    var inUse: Set<ArtifactDigest> { named.union(byteCounts.keys) }

    /// What pending requests name.
    private var named: Set<ArtifactDigest> { union(of: pending.values.lazy.map(\.digests)) }

    private func union(of sets: some Sequence<Set<ArtifactDigest>>) -> Set<ArtifactDigest> {
        sets.reduce(into: []) { $0.formUnion($1) }
    }

    private func byteCount(of digests: Set<ArtifactDigest>) -> Int {
        digests.reduce(0) { $0 + byteCounts[$1, default: 0] }
    }

    /// Drops what a router no longer wants unless another does, then as many orphans as it takes.
    private mutating func release(_ unwanted: Set<ArtifactDigest>) -> Set<ArtifactDigest> {
        let unwanted = unwanted.subtracting(union(of: wanted.values))
        let named = named
        var dropped = unwanted.subtracting(named)
        orphans += unwanted.intersection(named).sorted()
        var excess = residentBytes - byteCount(of: dropped) - byteCountMax
        for digest in orphans where excess > 0 && !named.contains(digest) {
            excess -= byteCounts[digest, default: 0]
            dropped.insert(digest)
        }
        orphans.removeAll(where: dropped.contains)
        for digest in dropped { byteCounts[digest] = nil }
        return dropped
    }
}
