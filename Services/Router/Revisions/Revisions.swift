internal import Checkpoint
internal import Logging
internal import Mesh

/// Stages, tries, promotes and rolls back revisions, and gives each request the one it keeps.
///
/// The book decides; the catalog remembers before anything changes here; the fleet is told what to
/// hold.
actor Revisions {
    /// How often a step is decided anew because another router was first.
    private static let attemptCountMax = 8

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
    /// Whether this router stages for all that share the catalog.
    private(set) var isLeading: Bool
    /// The last line of the journal when `book` was read or written.
    private(set) var journalEnd = 0
    private var staging: (revision: Int, task: Task<Void, Never>)?
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
        isLeading = catalog?.isShared != true
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
        staging?.task.cancel()
        await waitUntilStagingEnds()
    }

    /// Returns when the last revision that was opened is staged, has failed, or was given up.
    func waitUntilStagingEnds() async { await staging?.task.value }

    private func revision(_ number: Int) -> Revision {
        guard let revision = held[number] else {
            preconditionFailure("revision \(number) is wanted and was let go")
        }
        return revision
    }

    private func restore() async throws {
        guard let catalog else { return }
        if try await catalog.revisionBook(of: base) == nil {
            let imported = RevisionStep(.imported, book.serving)
            do {
                try await catalog.record(
                    book, since: nil, entry(imported, .router), after: 0, of: base)
            } catch CatalogConflict.outdated {}  // another router has written the same
        }
        try await takeOver(from: catalog)
        if isLeading, let candidate = book.candidate, book.states[candidate] == .staging {
            let reason = "the router stopped while it was being staged"
            try await take(.router) { book throws(RevisionError) in
                try book.fail(candidate, reason: reason)
            }
        }
        logger.notice("revision serves", metadata: ["revision": "\(book.serving)"])
    }
}

// MARK: - Other routers

extension Revisions {
    /// Takes over what others have written, and stages what is to be staged where this router
    /// leads.
    func follow(upTo journalEnd: Int, isLeading: Bool) async throws {
        await enter()
        defer { leave() }
        if let catalog, journalEnd != self.journalEnd {
            try await takeOver(from: catalog)
            await letGo()
        }
        self.isLeading = isLeading
        resumeStaging()
    }

    /// The catalog is away: what is staged here, another router may stage by now.
    func stopLeading() {
        isLeading = false
        resumeStaging()
    }

    /// New requests get what is written from here on; running ones keep what they have.
    private func takeOver(from catalog: Catalog) async throws {
        // First the line, then the book: what is written between the two is read again later.
        let end = try await catalog.journalEnd(of: base)
        guard let written = try await catalog.revisionBook(of: base) else { return }
        for number in written.wanted where held[number] == nil {
            held[number] = try await catalog.revision(number, of: base)
        }
        if written.candidate != book.candidate { uses = [:] }
        if written.serving != book.serving {
            logger.notice("revision serves", metadata: ["revision": "\(written.serving)"])
        }
        book.takeOver(written)
        journalEnd = end
    }

    /// Stages what is to be staged, whichever router opened it or left it; gives up what is over.
    func resumeStaging() {
        let wanted = book.candidate.flatMap { book.states[$0] == .staging ? $0 : nil }
        if let staging, staging.revision != wanted || !isLeading {
            staging.task.cancel()
            self.staging = nil
        }
        guard isLeading, staging == nil, let wanted else { return }
        beginStaging(revision(wanted))
    }

    /// Gives up a staging that was discarded; another router hears of it from the catalog.
    func stopStaging(_ revision: Int) {
        if staging?.revision == revision { staging?.task.cancel() }
    }

    private func beginStaging(_ revision: Revision) {
        let task = Task {
            await self.carryOut(revision)
            self.endStaging(revision.number)
        }
        staging = (revision.number, task)
    }

    /// One that could not be recorded is begun again when the catalog is back.
    private func endStaging(_ number: Int) {
        if catalog?.isShared == true, staging?.revision == number { staging = nil }
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
    /// Takes a step: first in the catalog, then here. Steps follow one another; requests come and
    /// go meanwhile. Where another router was first, its step is taken over, and this one decided
    /// anew.
    ///
    /// - Parameter asLeader: nothing is done unless this router leads.
    /// - Returns: `opening` under the number that the step gave it, else what serves.
    @discardableResult
    func take(
        _ authorship: Authorship, opening draft: Revision? = nil, asLeader: Bool = false,
        _ step: (inout RevisionBook) throws -> RevisionStep
    ) async throws -> Revision {
        await enter()
        defer { leave() }
        for _ in 1..<Self.attemptCountMax {
            do { return try await attempt(authorship, draft, asLeader, step) } catch CatalogConflict
                .outdated
            {
                if let catalog { try await takeOver(from: catalog) }
                await letGo()
            }
        }
        return try await attempt(authorship, draft, asLeader, step)
    }

    private func attempt(
        _ authorship: Authorship, _ draft: Revision?, _ asLeader: Bool,
        _ step: (inout RevisionBook) throws -> RevisionStep
    ) async throws -> Revision {
        var next = book
        let done = try step(&next)
        let opened = draft.map {
            Revision(number: done.revision, experts: $0.experts, gates: $0.gates)
        }
        if let catalog {
            journalEnd = try await catalog.record(
                next, since: book, entry(done, authorship), opened: opened, after: journalEnd,
                asLeader: asLeader, of: base)
        }
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
            guard let catalog, isLeading else { return }
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
