internal import Checkpoint
internal import LinearAlgebra
internal import Model
internal import Storage

/// A line of the journal.
struct JournalEntry: Sendable, Equatable {
    /// Seconds since 1970.
    let time: Int
    let step: RevisionStep
    /// Who asked for it, in their own words; empty for what the router did itself.
    let author: String
    /// Why, in the author's words.
    let note: String
}

/// Why a revision was made, and when.
struct RevisionOrigin: Sendable, Equatable {
    let note: String
    /// Seconds since 1970.
    let createdAt: Int
}

/// The revisions of a model. A model is known by its content, so that another one in the same
/// catalog keeps its own.
extension Catalog {
    /// Lines that are shown; all are kept.
    static let journalCountMax = 200

    /// The book as it was last written; nil when nothing was written for this model.
    func revisionBook(of base: RevisionBase) throws -> RevisionBook? {
        var states: [Int: RevisionBook.State] = [:]
        var rollbackTarget: Int?
        try database.query(
            """
            SELECT number, state, share, failure, is_rollback_target FROM revisions
            WHERE model = ?1 AND (state NOT IN ('retired', 'failed') OR is_rollback_target = 1
                OR number > (SELECT MAX(number) FROM revisions WHERE model = ?1) - ?2)
            """, [base.key, .integer(RevisionBook.endedCountMax)]
        ) { row throws(StorageError) in
            let number = try row.int(0)
            states[number] = try Self.state(row)
            if try row.int(4) == 1 { rollbackTarget = number }
        }
        guard !states.isEmpty else { return nil }
        guard let book = RevisionBook(restoring: states, rollbackTarget: rollbackTarget) else {
            throw StorageError.unexpectedValue(
                column: "revisions.state", expected: "one revision that serves")
        }
        return book
    }

    /// Writes what a step changed in the book, and its line of the journal: all or nothing, and on
    /// the disk when this returns. Other routers are told.
    ///
    /// - Parameters:
    ///   - former: the book before the step; nil writes the whole book.
    ///   - opened: the revision that the step opened.
    ///   - journalEnd: the last line of the journal when `former` was read; nil does not look.
    ///   - asLeader: only the leader may do this.
    /// - Returns: the line of the journal.
    /// - Throws: `CatalogConflict` when another router was first.
    @discardableResult
    func record(
        _ book: RevisionBook, since former: RevisionBook?, _ entry: JournalEntry,
        opened: Revision? = nil, after journalEnd: Int? = nil, asLeader: Bool = false,
        of base: RevisionBase
    ) throws -> Int {
        try database.transaction {
            let end = try self.journalEnd(of: base)
            guard journalEnd ?? end == end else { throw CatalogConflict.outdated }
            if asLeader { try checkLeading(of: base) }
            for (number, state) in book.states.sorted(by: { $0.key < $1.key })
            where former?.states[number] != state {
                try write(state, of: number, base, entry)
            }
            if book.rollbackTarget != former?.rollbackTarget {
                try database.run(
                    """
                    UPDATE revisions SET is_rollback_target =
                        CASE WHEN number = ? THEN 1 ELSE 0 END WHERE model = ?
                    """, .integer(book.rollbackTarget ?? 0), base.key)
            }
            if let opened { try insert(opened, of: base) }
            try insert(entry, of: base)
            try database.notify()
            return try self.journalEnd(of: base)
        }
    }

    /// A revision's experts and gates; nil when it was never written.
    func revision(_ number: Int, of base: RevisionBase) throws -> Revision? {
        let isKnown = try database.first(
            "SELECT 1 FROM revisions WHERE model = ? AND number = ?", base.key, .integer(number)
        ) { _ in true }
        guard isKnown == true else { return nil }
        var (experts, gates) = (base.initial.experts, base.initial.gates)
        try database.query(
            "SELECT layer, experts, gate FROM revision_layers WHERE model = ? AND number = ?",
            [base.key, .integer(number)]
        ) { row throws(StorageError) in
            let layer = try row.int(0)
            let changed = try Self.experts(try row.blob(1))
            guard experts.indices.contains(layer) else { throw Self.damaged("layer") }
            experts[layer] = changed
            gates[layer] =
                row.isNull(2)
                ? nil : try Self.gate(row.floats(2), changed.count, base.hiddenSize)
        }
        return Revision(number: number, experts: experts, gates: gates)
    }

    /// The last lines of the journal, newest first.
    func journal(of base: RevisionBase) throws -> [JournalEntry] {
        try database.rows(
            """
            SELECT at, step, revision, detail, author, note FROM revision_journal
            WHERE model = ? ORDER BY id DESC LIMIT ?
            """, base.key, .integer(Self.journalCountMax)
        ) { row throws(StorageError) in
            guard let kind = RevisionStep.Kind(rawValue: try row.text(1)) else {
                throw Self.damaged("step")
            }
            return JournalEntry(
                time: try row.int(0),
                step: RevisionStep(kind, try row.int(2), try row.text(3)),
                author: try row.text(4), note: try row.text(5))
        }
    }

    /// Where the last revisions come from, by number.
    func revisionOrigins(of base: RevisionBase) throws -> [Int: RevisionOrigin] {
        var origins: [Int: RevisionOrigin] = [:]
        try database.query(
            """
            SELECT number, note, created_at FROM revisions WHERE model = ?
            ORDER BY number DESC LIMIT ?
            """, [base.key, .integer(RevisionBook.endedCountMax)]
        ) { row throws(StorageError) in
            origins[try row.int(0)] = RevisionOrigin(
                note: try row.text(1), createdAt: try row.int(2))
        }
        return origins
    }
}

// MARK: - Rows

extension Catalog {
    private func write(
        _ state: RevisionBook.State, of number: Int, _ base: RevisionBase, _ entry: JournalEntry
    ) throws(StorageError) {
        try database.run(
            """
            INSERT INTO revisions VALUES(?, ?, ?, ?, ?, 0, ?, ?)
            ON CONFLICT(model, number) DO UPDATE SET
                state = excluded.state, share = excluded.share, failure = excluded.failure
            """, base.key, .integer(number), .text(state.word),
            state.share.map { .real($0) } ?? .null, state.reason.map { .text($0) } ?? .null,
            .text(entry.note), .integer(entry.time))
    }

    /// Only the layers that are not as they were imported.
    private func insert(
        _ revision: Revision, of base: RevisionBase
    ) throws(StorageError) {
        for (layer, experts) in revision.experts.enumerated() {
            let gate = revision.gates[layer]
            guard gate != nil || experts != base.initial.experts[layer] else { continue }
            try database.run(
                "INSERT INTO revision_layers VALUES(?, ?, ?, ?, ?)", base.key,
                .integer(revision.number), .integer(layer), .blob(Self.bytes(of: experts)),
                gate.map { .floats($0.matrix.elements) } ?? .null)
        }
    }

    private func insert(_ entry: JournalEntry, of base: RevisionBase) throws(StorageError) {
        try database.run(
            """
            INSERT INTO revision_journal(id, model, at, step, revision, detail, author, note)
            VALUES((SELECT COALESCE(MAX(id), 0) + 1 FROM revision_journal), ?, ?, ?, ?, ?, ?, ?)
            """, base.key, .integer(entry.time), .text(entry.step.kind.rawValue),
            .integer(entry.step.revision), .text(entry.step.detail), .text(entry.author),
            .text(entry.note))
    }

    /// Columns 1...3 of the row.
    private static func state(_ row: Row) throws(StorageError) -> RevisionBook.State {
        switch try row.text(1) {
        case "staging": .staging
        case "staged": .staged
        case "canary": .canary(share: try row.real(2))
        case "serving": .serving
        case "retired": .retired
        case "failed": .failed(reason: try row.text(3))
        default: throw damaged("state")
        }
    }

    /// For each expert its digest, 32 bytes, and its length, 8 bytes, the lowest first.
    private static func bytes(of experts: [ExpertArtifact]) -> [UInt8] {
        experts.flatMap { artifact in
            artifact.digest.bytes
                + (0..<8).map { UInt8(truncatingIfNeeded: artifact.byteCount >> (8 * $0)) }
        }
    }

    static func experts(_ bytes: [UInt8]) throws(StorageError) -> [ExpertArtifact] {
        guard bytes.count.isMultiple(of: 40) else { throw damaged("experts") }
        var experts: [ExpertArtifact] = []
        for start in stride(from: 0, to: bytes.count, by: 40) {
            let length = bytes[start + 32..<start + 40].reversed().reduce(0) { $0 << 8 | Int($1) }
            guard let digest = ArtifactDigest(bytes: Array(bytes[start..<start + 32])), length >= 0
            else { throw damaged("experts") }
            experts.append(ExpertArtifact(digest: digest, byteCount: length))
        }
        return experts
    }

    private static func gate(
        _ elements: [Float], _ expertCount: Int, _ hiddenSize: Int
    ) throws(StorageError) -> GateMatrix {
        guard elements.count == expertCount * hiddenSize else { throw damaged("gate") }
        return GateMatrix(
            Matrix(rowCount: expertCount, columnCount: hiddenSize, elements: elements))
    }

    private static func damaged(_ column: String) -> StorageError {
        .unexpectedValue(column: column, expected: "part of a revision as this program writes it")
    }
}
