internal import Checkpoint

/// What the artifact cache takes on the disk, and what goes when another artifact needs the place:
/// the longest unused first, never what is in use. Decides only; `ArtifactCache` has the files.
struct CacheLedger: Sendable {
    private struct Entry {
        var byteCount: Int
        var usedAt: Int
        /// It is being fetched.
        var isGrowing = false
    }

    let byteCountMax: Int
    private var entries: [ArtifactDigest: Entry] = [:]
    /// Counts uses.
    private var clock = 0

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    var byteCount: Int { entries.values.reduce(0) { $0 + $1.byteCount } }

    /// Notes a file that is there; it was used after all others.
    mutating func add(_ digest: ArtifactDigest, byteCount: Int) {
        clock += 1
        entries[digest] = Entry(byteCount: byteCount, usedAt: clock)
    }

    mutating func use(_ digest: ArtifactDigest) {
        clock += 1
        entries[digest]?.usedAt = clock
    }

    mutating func remove(_ digest: ArtifactDigest) { entries[digest] = nil }

    /// Takes the place for an artifact that is to be fetched, until `grown`.
    ///
    /// - Returns: What is to be removed for it; nil, with nothing changed, when the artifact does
    ///   not fit beside what is in use.
    mutating func reserve(
        _ byteCount: Int, for digest: ArtifactDigest, inUse: Set<ArtifactDigest>
    ) -> [ArtifactDigest]? {
        let idle = entries.filter {
            $0.key != digest && !$0.value.isGrowing && !inUse.contains($0.key)
        }
        let taken = self.byteCount - (entries[digest]?.byteCount ?? 0)
        guard let removed = removals(of: idle, toFree: taken + byteCount - byteCountMax) else {
            return nil
        }
        for digest in removed { entries[digest] = nil }
        add(digest, byteCount: byteCount)
        entries[digest]?.isGrowing = true
        return removed
    }

    /// A fetch is over; this many bytes are there.
    mutating func grown(_ digest: ArtifactDigest, byteCount: Int) {
        byteCount > 0 ? add(digest, byteCount: byteCount) : remove(digest)
    }

    /// What is to be removed because the limit is lower than it was.
    mutating func trim() -> [ArtifactDigest] {
        let removed = removals(of: entries, toFree: byteCount - byteCountMax) ?? []
        for digest in removed { entries[digest] = nil }
        return removed
    }

    /// The longest unused of `idle` that take the given bytes together; nil when all do not.
    private func removals(
        of idle: [ArtifactDigest: Entry], toFree byteCount: Int
    ) -> [ArtifactDigest]? {
        var removed: [ArtifactDigest] = []
        var freed = 0
        for (digest, entry) in idle.sorted(by: { $0.value.usedAt < $1.value.usedAt })
        where freed < byteCount {
            removed.append(digest)
            freed += entry.byteCount
        }
        return freed >= byteCount ? removed : nil
    }
}
