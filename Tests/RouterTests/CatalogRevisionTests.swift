import Checkpoint
import LinearAlgebra
import Model
import Storage
import Testing

@testable import Router

private func artifact(_ number: UInt8) -> ExpertArtifact {
    ExpertArtifact(digest: ArtifactDigest(of: [number]), byteCount: 1 << 33 | Int(number))
}

/// A dense layer, then two of two experts.
private func base(_ identity: UInt8 = 0) -> RevisionBase {
    RevisionBase(
        identity: ArtifactDigest(of: [identity]),
        initial: Revision(
            number: 1, experts: [[], [artifact(1), artifact(2)], [artifact(3), artifact(4)]],
            gates: [:]),
        hiddenSize: 3, topK: 1)
}

/// Layer 2 has one expert more, and a gate for three.
private func edited(_ number: Int) -> Revision {
    let gate = Matrix(rowCount: 3, columnCount: 3, elements: (0..<9).map { Float($0) / 7 })
    return Revision(
        number: number,
        experts: [[], base().initial.experts[1], [artifact(3), artifact(5), artifact(6)]],
        gates: [2: GateMatrix(gate)])
}

private func entry(_ step: RevisionStep) -> JournalEntry {
    JournalEntry(time: 1_700_000_000, step: step, author: "ada", note: "why not")
}

struct CatalogRevisionTests {
    @Test(arguments: CatalogHome.Kind.available)
    func `what was recorded is there when the catalog is opened again`(_ kind: CatalogHome.Kind)
        async throws
    {
        let home = try CatalogHome(kind)
        var book = RevisionBook(serving: 1)
        do {
            let catalog = try await home.catalog()
            #expect(try await catalog.revisionBook(of: base()) == nil)
            try await recordSteps(&book, in: catalog)
        }
        let catalog = try await home.catalog()
        let restored = try #require(try await catalog.revisionBook(of: base()))
        #expect(restored == book)
        #expect((restored.serving, restored.rollbackTarget, restored.candidate) == (2, 1, 3))
        #expect(restored.states[3] == .canary(share: 0.125))
    }

    /// From the import on, until revision 2 serves and 3 is a canary.
    private func recordSteps(_ book: inout RevisionBook, in catalog: Catalog) async throws {
        try await catalog.record(
            book, since: nil, entry(RevisionStep(.imported, 1)), of: base())
        let steps: [(inout RevisionBook) throws -> RevisionStep] = [
            { try $0.stage() }, { try $0.finishStaging(2) }, { try $0.promote(2) },
            { try $0.stage() }, { try $0.finishStaging(3) }, { try $0.canary(3, share: 0.125) },
        ]
        for step in steps {
            let former = book
            let done = try step(&book)
            let opened = done.kind == .staging ? edited(done.revision) : nil
            try await catalog.record(
                book, since: former, entry(done), opened: opened, of: base())
        }
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `experts and gates come back bit for bit, unchanged layers from the model`(
        _ kind: CatalogHome.Kind
    ) async throws {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        var book = RevisionBook(serving: 1)
        let former = book
        let step = try book.stage()
        try await catalog.record(
            book, since: nil, entry(RevisionStep(.imported, 1)), of: base())
        try await catalog.record(book, since: former, entry(step), opened: edited(2), of: base())

        let stored = try #require(try await catalog.revision(2, of: base()))
        #expect(stored.number == 2)
        #expect(stored.experts == edited(2).experts)
        #expect(stored.gates.keys.sorted() == [2])
        #expect(stored.gates[2]?.matrix == edited(2).gates[2]?.matrix)
        let first = try #require(try await catalog.revision(1, of: base()))
        #expect(first.experts == base().initial.experts)
        #expect(first.gates.isEmpty)
        #expect(try await catalog.revision(9, of: base()) == nil)
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `every state is read as it was written`(_ kind: CatalogHome.Kind) async throws {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        let states: [Int: RevisionBook.State] = [
            1: .serving, 2: .retired, 3: .failed(reason: "no room"), 4: .canary(share: 1 / 3),
        ]
        let book = try #require(RevisionBook(restoring: states, rollbackTarget: 2))
        try await catalog.record(book, since: nil, entry(RevisionStep(.imported, 1)), of: base())
        #expect(try await catalog.revisionBook(of: base())?.states == states)
        #expect(try await catalog.revisionBook(of: base())?.rollbackTarget == 2)
        for last in [RevisionBook.State.staging, .staged] {
            var changed = states
            changed[4] = last
            let next = try #require(RevisionBook(restoring: changed, rollbackTarget: nil))
            try await catalog.record(
                next, since: book, entry(RevisionStep(.staged, 4)), of: base())
            #expect(try await catalog.revisionBook(of: base())?.states == changed)
            #expect(try await catalog.revisionBook(of: base())?.rollbackTarget == nil)
        }
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `the journal is newest first, with author and note`(_ kind: CatalogHome.Kind) async throws
    {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        var book = RevisionBook(serving: 1)
        try await recordSteps(&book, in: catalog)
        let journal = try await catalog.journal(of: base())
        #expect(
            journal.map(\.step.kind)
                == [.canary, .staged, .staging, .promoted, .staged, .staging, .imported])
        #expect(journal[0] == entry(RevisionStep(.canary, 3, "share 0.125")))
        #expect(try await catalog.revisionOrigins(of: base())[3]?.note == "why not")
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `another model in the same catalog keeps its own revisions`(_ kind: CatalogHome.Kind)
        async throws
    {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        var book = RevisionBook(serving: 1)
        try await recordSteps(&book, in: catalog)
        #expect(try await catalog.revisionBook(of: base(7)) == nil)
        let fresh = RevisionBook(serving: 1)
        try await catalog.record(
            fresh, since: nil, entry(RevisionStep(.imported, 1)), of: base(7))
        #expect(try await catalog.revisionBook(of: base(7)) == fresh)
        #expect(try await catalog.revisionBook(of: base()) == book)
        #expect(try await catalog.journal(of: base(7)).count == 1)
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `what only ended revisions name is abandoned, and nothing else`(_ kind: CatalogHome.Kind)
        async throws
    {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        try await catalog.record(
            RevisionBook(serving: 1), since: nil, entry(RevisionStep(.imported, 1)), of: base())
        var book = RevisionBook(serving: 1)
        for step: (inout RevisionBook) throws -> RevisionStep in [
            { try $0.stage() }, { try $0.finishStaging(2) }, { try $0.promote(2) },
            { try $0.rollBack() },
        ] {
            // Neither what is on trial, nor what serves, nor what a rollback returns to.
            #expect(try await catalog.abandonedArtifacts(of: base(), besides: []).isEmpty)
            let former = book
            let done = try step(&book)
            try await catalog.record(
                book, since: former, entry(done),
                opened: done.kind == .staging ? edited(2) : nil, of: base())
        }
        let abandoned = Set([artifact(5), artifact(6)].map(\.digest))
        #expect(try await catalog.abandonedArtifacts(of: base(), besides: [1]) == abandoned)
        #expect(try await catalog.abandonedArtifacts(of: base(), besides: [1, 2]).isEmpty)
        #expect(try await catalog.abandonedArtifacts(of: base(7), besides: [1]).isEmpty)

        var other = RevisionBook(serving: 1)
        try await catalog.record(
            other, since: nil, entry(RevisionStep(.imported, 1)), of: base(7))
        let former = other
        let step = try other.stage()
        try await catalog.record(other, since: former, entry(step), opened: edited(2), of: base(7))
        #expect(
            try await catalog.abandonedArtifacts(of: base(), besides: [1]).isEmpty,
            "another model's candidate needs them")
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `a catalog that was tampered with is refused, not misread`(
        _ kind: CatalogHome.Kind
    ) async throws {
        let changes: [(String, SQLValue)] = [
            ("UPDATE revisions SET state = ?", "asleep"),
            ("UPDATE revisions SET state = ?", "serving"),
            ("UPDATE revision_layers SET layer = ?", 99),
            ("UPDATE revision_layers SET experts = ?", .blob([1, 2])),
            ("UPDATE revision_layers SET gate = ?", .blob([0])),
        ]
        for (change, value) in changes { try await tamper(kind, change, value) }
    }

    private func tamper(
        _ kind: CatalogHome.Kind, _ change: String, _ value: SQLValue
    ) async throws {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        var book = RevisionBook(serving: 1)
        try await recordSteps(&book, in: catalog)
        try home.database().run(change, value)
        await #expect(throws: StorageError.self) {
            _ = try await catalog.revisionBook(of: base())
            _ = try await catalog.revision(2, of: base())
        }
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `ended revisions beyond what is remembered stay in the file alone`(
        _ kind: CatalogHome.Kind
    ) async throws {
        let home = try CatalogHome(kind)
        let catalog = try await home.catalog()
        var states: [Int: RevisionBook.State] = [1: .serving, 2: .retired]
        for number in 3..<RevisionBook.endedCountMax + 50 { states[number] = .retired }
        let book = try #require(RevisionBook(restoring: states, rollbackTarget: 2))
        try await catalog.record(book, since: nil, entry(RevisionStep(.imported, 1)), of: base())
        let restored = try #require(try await catalog.revisionBook(of: base()))
        #expect(restored.states.count == RevisionBook.endedCountMax + 2)
        #expect(restored.states[3] == nil)
        #expect((restored.serving, restored.rollbackTarget) == (1, 2))
    }
}
