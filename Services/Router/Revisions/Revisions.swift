internal import Checkpoint
internal import Logging
internal import Mesh

/// Stages, tries, promotes and rolls back revisions, and gives each request the one it keeps.
///
/// The book decides; the catalog remembers before anything changes here; the fleet is told what to
/// hold.
actor Revisions {
    let base: RevisionBase
    let shelf: ArtifactShelf
    let fleet: Fleet
    let catalog: Catalog?
    let logger: Logger
    /// Seconds since 1970.
    private let now: @Sendable () -> Int
    private(set) var book: RevisionBook
    /// The revisions that the book wants held.
    private(set) var held: [Int: Revision]
    private(set) var uses: [Int: RevisionUse] = [:]
    private var staging: Task<Void, Never>?
    private let ended: AsyncStream<(revision: Int, use: PinUse)>
    private let ending: AsyncStream<(revision: Int, use: PinUse)>.Continuation
    /// What the fleet was last told to hold.
    private var told: [Int] = []
    private var isStepping = false
    private var waitingSteps: [CheckedContinuation<Void, Never>] = []

    /// Takes up what the catalog remembers, and tells the fleet; without a catalog the model serves
    /// as it was imported, and nothing can be staged.
    init(
        base: RevisionBase, catalog: Catalog?, shelf: ArtifactShelf, fleet: Fleet, logger: Logger,
        now: @escaping @Sendable () -> Int
    ) async throws {
        self.base = base
        self.catalog = catalog
        self.shelf = shelf
        self.fleet = fleet
        self.logger = logger
        self.now = now
        (ended, ending) = AsyncStream.makeStream()
        book = RevisionBook(serving: base.initial.number)
        held = [base.initial.number: base.initial]
        try await restore()
        await tellFleet()
    }

    var serving: Revision { revision(book.serving) }

    /// Takes back what requests no longer need. Returns when cancelled.
    func run() async {
        for await (revision, use) in ended { await release(revision, use) }
    }

    /// Gives up a staging in progress: the process is about to end.
    func stop() async {
        staging?.cancel()
        await waitUntilStagingEnds()
    }

    /// Returns when the last revision that was opened is staged, has failed, or was given up.
    func waitUntilStagingEnds() async { await staging?.value }

    private func revision(_ number: Int) -> Revision {
        guard let revision = held[number] else {
            preconditionFailure("revision \(number) is wanted and was let go")
        }
        return revision
    }

    private func restore() async throws {
        guard let catalog else { return }
        guard let former = try await catalog.revisionBook(of: base) else {
            let imported = RevisionStep(.imported, book.serving)
            return try await catalog.record(
                book, since: nil, entry(imported, .router), of: base)
        }
        for number in former.wanted {
            held[number] = try await catalog.revision(number, of: base)
        }
        book = former
        if let candidate = book.candidate, book.states[candidate] == .staging {
            let reason = "the router stopped while it was being staged"
            try await take(.router) { book throws(RevisionError) in
                try book.fail(candidate, reason: reason)
            }
        }
        logger.notice("revision serves", metadata: ["revision": "\(book.serving)"])
    }
}

// MARK: - Requests

extension Revisions {
    /// Chooses the revision of a new request, and keeps it until the pin is released.
    ///
    /// - Parameter named: what the client asks for; nil leaves the choice to the canary's share.
    /// - Throws: `RevisionError` when there is no such revision, or it takes no requests.
    func pin(named: Int?) async throws(RevisionError) -> Pin {
        // Nobody who did not ask for the canary shall wait for a worker that only it needs.
        let mayDraw = named == nil ? await isCandidateHeld() : false
        let chosen = try book.admit(named: named, draw: mayDraw ? .random(in: 0..<1) : 1)
        let isTrial = chosen == book.candidate
        return Pin(revision(chosen), shadow: isTrial ? serving : nil) { [ending] use in
            ending.yield((revision: chosen, use: use))
        }
    }

    private func isCandidateHeld() async -> Bool {
        guard let candidate = book.candidate, case .canary = book.states[candidate],
            let revision = held[candidate]
        else { return false }
        return await fleet.state.missing(of: revision).isEmpty
    }

    private func release(_ revision: Int, _ use: PinUse) async {
        book.release(revision)
        uses[revision, default: RevisionUse()].add(use)
        guard !book.wanted.contains(revision) else { return }
        await enter()
        defer { leave() }
        await letGo()
    }
}

// MARK: - Steps

extension Revisions {
    /// Checks an edit, opens a revision for it and begins to stage it.
    /// - Returns: its number, with the catalog's word that it is remembered.
    /// - Throws: `FrontDoorError` naming the member that does not do; `RevisionError`,
    ///   `StagingError`, `StorageError`.
    func stage(_ edit: RevisionEdit) async throws -> Int {
        guard catalog != nil else { throw StagingError.noCatalog }
        var trial = book
        let number = try trial.stage().revision
        let before = serving
        let checked = try await edit.applied(to: before, as: number, of: base, from: shelf)
        let opened = try await take(edit.authorship, opening: checked) { book in
            guard book.serving == before.number else {
                throw StagingError.servingChanged(from: before.number, to: book.serving)
            }
            return try book.stage()
        }
        staging = Task { await self.carryOut(opened) }
        return opened.number
    }

    /// Gives the candidate a share of the requests.
    func canary(_ revision: Int, share: Double, _ authorship: Authorship) async throws {
        try await take(authorship) { try $0.canary(revision, share: share) }
    }

    /// Lets the candidate serve every new request from now on; running ones keep what they have.
    func promote(_ revision: Int, _ authorship: Authorship) async throws {
        let isStaged = revision == book.candidate && book.states[revision] != .staging
        if isStaged, let candidate = held[revision] {
            let missing = await fleet.state.missing(of: candidate)
            guard missing.isEmpty else { throw StagingError.lost(missing) }
        }
        try await take(authorship) { try $0.promote(revision) }
    }

    /// Lets serve again what served before the last promotion.
    func rollBack(_ authorship: Authorship) async throws {
        try await take(authorship) { try $0.rollBack() }
    }

    /// Gives up the candidate, or what a rollback would return to.
    func discard(_ revision: Int, _ authorship: Authorship) async throws {
        let isStaging = book.states[revision] == .staging
        try await take(authorship) { try $0.discard(revision) }
        if isStaging { staging?.cancel() }
    }

    /// Takes a step: first in the catalog, then here. Steps follow one another; requests come and
    /// go meanwhile.
    /// - Returns: `opening` under the number that the step gave it, else what serves.
    @discardableResult
    func take(
        _ authorship: Authorship, opening draft: Revision? = nil,
        _ step: (inout RevisionBook) throws -> RevisionStep
    ) async throws -> Revision {
        await enter()
        defer { leave() }
        var next = book
        let done = try step(&next)
        let opened = draft.map {
            Revision(number: done.revision, experts: $0.experts, gates: $0.gates)
        }
        try await catalog?.record(
            next, since: book, entry(done, authorship), opened: opened, of: base)
        // Not `book = next`: requests have been pinned and released while the catalog wrote.
        _ = try step(&book)
        if let opened { held[opened.number] = opened }
        if done.kind == .staged { uses = [:] }
        log(done)
        await letGo()
        return opened ?? serving
    }

    private func enter() async {
        while isStepping { await withCheckedContinuation { waitingSteps.append($0) } }
        isStepping = true
    }

    private func leave() {
        isStepping = false
        if !waitingSteps.isEmpty { waitingSteps.removeFirst().resume() }
    }

    private func entry(_ step: RevisionStep, _ authorship: Authorship) -> JournalEntry {
        JournalEntry(
            time: now(), step: step, author: authorship.author, note: authorship.note)
    }

    private func log(_ step: RevisionStep) {
        logger.notice(
            "revision \(step.kind.rawValue)",
            metadata: ["revision": "\(step.revision)", "detail": "\(step.detail)"])
    }

    /// Forgets revisions that nobody wants any more, here, on the workers, and on the disk.
    private func letGo() async {
        let wanted = book.wanted
        let gone = held.keys.filter { !wanted.contains($0) }
        held = held.filter { wanted.contains($0.key) }
        uses = uses.filter { wanted.contains($0.key) }
        await tellFleet()
        // The uploads of one that has failed are kept for the next attempt.
        if gone.contains(where: { book.states[$0] == .retired }) { await removeAbandoned() }
    }

    private func removeAbandoned() async {
        do {
            guard let catalog else { return }
            await shelf.remove(
                try await catalog.abandonedArtifacts(of: base, besides: book.wanted))
        } catch {
            logger.warning(
                "uploads of ended revisions were not removed", metadata: ["error": "\(error)"])
        }
    }

    private func tellFleet() async {
        let wanted = book.wanted
        guard wanted != told else { return }
        told = wanted
        await fleet.want(wanted.map(revision))
    }
}
