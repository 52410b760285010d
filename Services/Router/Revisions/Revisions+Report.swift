internal import JSON

extension Revisions {
    /// All revisions that are remembered, newest first, and the journal.
    func report() async throws -> JSONValue {
        let origins = try await catalog?.revisionOrigins(of: base) ?? [:]
        let journal = try await catalog?.journal(of: base) ?? []
        let states = book.states.sorted { $0.key > $1.key }
        return .members([
            ("serving", .integer(book.serving)),
            ("candidate", .optional(book.candidate)),
            ("rollbackTarget", .optional(book.rollbackTarget)),
            (
                "revisions",
                .array(states.map { report($0.key, $0.value, origins[$0.key]) })
            ),
            ("journal", .array(journal.map(\.json))),
        ])
    }

    /// One revision, expert by expert.
    /// - Throws: `RevisionError.unknown`; `StorageError`.
    func report(of number: Int) async throws -> JSONValue {
        guard let state = book.states[number],
            let revision = try await remembered(number)
        else { throw RevisionError.unknown(number) }
        let layers = revision.experts.enumerated().map { layer, experts in
            JSONValue.members([
                ("layer", .integer(layer)),
                ("experts", .array(experts.map { .string("\($0.digest)") })),
                ("gate", .bool(revision.gates[layer] != nil)),
            ])
        }
        return .members([
            ("revision", .integer(number)), ("state", .string(state.word)),
            ("reason", .optional(state.reason)), ("layers", .array(layers)),
        ])
    }

    private func remembered(_ number: Int) async throws -> Revision? {
        if let revision = held[number] { return revision }
        return try await catalog?.revision(number, of: base)
    }

    private func report(
        _ number: Int, _ state: RevisionBook.State, _ origin: RevisionOrigin?
    ) -> JSONValue {
        .members([
            ("revision", .integer(number)),
            ("state", .string(state.word)),
            ("share", state.share.map { .number($0) } ?? .null),
            ("reason", .optional(state.reason)),
            ("pinned", .integer(book.pinnedCount(of: number))),
            ("note", .string(origin?.note ?? "")),
            ("createdAt", .optional(origin?.createdAt)),
            ("divergence", number == book.candidate ? divergence(of: number) : .null),
        ])
    }

    /// How the candidate's answers differ from those of what serves, and how fast both are; null
    /// before any token.
    private func divergence(of candidate: Int) -> JSONValue {
        guard let use = uses[candidate], use.divergence.tokenCount > 0 else { return .null }
        return .members([
            ("requests", .integer(use.requestCount)),
            ("tokens", .integer(use.divergence.tokenCount)),
            ("meanKL", .number(use.divergence.meanKL)),
            ("agreement", .number(use.divergence.agreement)),
            ("tokenMilliseconds", Self.milliseconds(use.tokenLatency)),
            ("servingTokenMilliseconds", Self.milliseconds(uses[book.serving]?.tokenLatency)),
        ])
    }

    private static func milliseconds(_ duration: Duration?) -> JSONValue {
        duration.map { .number($0 / .milliseconds(1)) } ?? .null
    }
}

extension JournalEntry {
    fileprivate var json: JSONValue {
        .members([
            ("time", .integer(time)), ("step", .string(step.kind.rawValue)),
            ("revision", .integer(step.revision)), ("detail", .string(step.detail)),
            ("author", .string(author)), ("note", .string(note)),
        ])
    }
}
