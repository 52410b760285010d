/// What an operator asks for. Every router that shares the catalog may be asked: the catalog puts
/// steps in order, and the router that leads stages.
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
        resumeStaging()
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
        if isStaging { stopStaging(revision) }
    }
}
