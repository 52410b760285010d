internal import Checkpoint
internal import Storage

/// What routers that share a catalog tell one another about a model.
struct CatalogNews: Sendable, Equatable {
    /// Who leads, or led last; nil before anyone did.
    let leader: String?
    /// The last line of the journal; 0 when there is none.
    let journalEnd: Int
    /// Counts the plans that leaders have published.
    let planNumber: Int
}

/// Why a write was not made: another router was first.
enum CatalogConflict: Error, CustomStringConvertible {
    /// Something was written since the book was read.
    case outdated
    /// Another router leads now.
    case notLeading

    var description: String {
        switch self {
        case .outdated: "other routers changed the revisions at the same time; try again"
        case .notLeading: "another router leads now"
        }
    }
}

/// One router leads: it stages, plans and ingests for all. Who it is, an advisory lock of the
/// catalog's own session says; whatever the leader writes, it writes in that session, so that a
/// leader which has lost it writes nothing.
extension Catalog {
    /// Tries to lead; true when this router does.
    /// - Parameter name: what others shall call it.
    func lead(_ name: String, of base: RevisionBase) throws -> Bool {
        guard try database.tryLock(base.lock) else { return false }
        let written = try database.first("SELECT name FROM leaders WHERE model = ?", base.key) {
            try $0.text(0)
        }
        guard written != name else { return true }
        try database.transaction {
            try checkLeading(of: base)
            try database.run(
                """
                INSERT INTO leaders VALUES(?, ?, 0)
                ON CONFLICT(model) DO UPDATE SET name = excluded.name
                """, base.key, .text(name))
            try database.notify()
        }
        return true
    }

    func news(of base: RevisionBase) throws -> CatalogNews {
        let leader = try database.first(
            "SELECT name, plan FROM leaders WHERE model = ?", base.key
        ) { (try $0.text(0), try $0.int(1)) }
        return CatalogNews(
            leader: leader?.0, journalEnd: try journalEnd(of: base), planNumber: leader?.1 ?? 0)
    }

    /// Lets the other routers know what each worker is to hold.
    /// - Throws: `CatalogConflict.notLeading`.
    func publish(_ plan: Placement, of base: RevisionBase) throws {
        try database.transaction {
            try checkLeading(of: base)
            try database.run("DELETE FROM planned_artifacts WHERE model = ?", base.key)
            for worker in plan.workers {
                let digests = plan.digests(on: worker).sorted().flatMap(\.bytes)
                try database.run(
                    "INSERT INTO planned_artifacts VALUES(?, ?, ?)", base.key, .text(worker.name),
                    .blob(digests))
            }
            try database.run("UPDATE leaders SET plan = plan + 1 WHERE model = ?", base.key)
            try database.notify()
        }
    }

    /// The last plan that was published.
    func publishedPlan(of base: RevisionBase) throws -> Placement {
        var plan = Placement()
        try database.query(
            "SELECT worker, digests FROM planned_artifacts WHERE model = ?", [base.key]
        ) { row throws(StorageError) in
            let bytes = try row.blob(1)
            var digests: Set<ArtifactDigest> = []
            for start in stride(from: 0, to: bytes.count, by: 32) {
                let end = min(start + 32, bytes.count)
                guard let digest = ArtifactDigest(bytes: Array(bytes[start..<end])) else {
                    throw .unexpectedValue(column: "digests", expected: "list of digests")
                }
                digests.insert(digest)
            }
            guard let worker = WorkerID(validating: try row.text(0)) else {
                throw .unexpectedValue(column: "worker", expected: "worker's name")
            }
            plan.set(worker, to: digests)
        }
        return plan
    }

    func checkLeading(of base: RevisionBase) throws {
        guard database.holdsLock(base.lock) else { throw CatalogConflict.notLeading }
    }

    /// The last line of a model's journal. Every step writes one, so it tells whether a book is
    /// still what is written.
    func journalEnd(of base: RevisionBase) throws -> Int {
        try database.first(
            "SELECT COALESCE(MAX(id), 0) FROM revision_journal WHERE model = ?", base.key
        ) { try $0.int(0) } ?? 0
    }
}

extension RevisionBase {
    /// The model as the catalog knows it.
    var key: SQLValue { .blob(identity.bytes) }

    /// The lock of the model's leader: the first eight bytes of what it is known by.
    fileprivate var lock: Int64 {
        Int64(bitPattern: identity.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
