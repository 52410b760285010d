/// Which revision serves, which is on trial, and what a rollback returns to: the rules of a swap.
///
/// It knows numbers and nothing else: no weights, no clock, no socket, no database. A step that is
/// not allowed throws and changes nothing; one that is gives the line for the journal.
struct RevisionBook: Sendable, Equatable {
    /// Where a revision is in its life.
    enum State: Sendable, Equatable {
        /// Workers are being given its artifacts, and each copy is tried.
        case staging
        /// Held and tried; nobody gets it who does not ask for it.
        case staged
        /// Takes this share, 0...1, of the requests that name no revision.
        case canary(share: Double)
        case serving
        /// Takes no request any more.
        case retired
        case failed(reason: String)
    }

    /// Ended revisions that are remembered; the oldest are forgotten first.
    static let endedCountMax = 200

    /// Takes the requests that name no revision. There is always exactly one.
    private(set) var serving: Int
    /// Being staged, staged or a canary: one at most.
    private(set) var candidate: Int?
    /// What served before the last promotion, until the next one.
    private(set) var rollbackTarget: Int?
    private(set) var states: [Int: State]
    private var pinnedCounts: [Int: Int] = [:]
    private var lastNumber: Int

    /// A book whose only revision serves.
    init(serving: Int) {
        self.serving = serving
        states = [serving: .serving]
        lastNumber = serving
    }

    /// A book as it was written down. Nil when it cannot have been: there must be one revision that
    /// serves, one candidate at most, and a rollback target that is retired.
    init?(restoring states: [Int: State], rollbackTarget: Int?) {
        let serving = states.filter { $0.value == .serving }.keys
        let candidates = states.filter { $0.value.isCandidate }.keys
        guard serving.count == 1, candidates.count <= 1, let served = serving.first,
            let last = states.keys.max(),
            rollbackTarget.map({ states[$0] == .retired }) ?? true
        else { return nil }
        (self.serving, candidate, lastNumber) = (served, candidates.first, last)
        (self.states, self.rollbackTarget) = (states, rollbackTarget)
    }

    /// Requests that run on a revision.
    func pinnedCount(of revision: Int) -> Int { pinnedCounts[revision, default: 0] }

    /// The revisions whose artifacts must be held, the most important first: what serves, what
    /// requests still run on, what a rollback returns to, what is on trial.
    var wanted: [Int] {
        let others = [rollbackTarget, candidate].compactMap(\.self)
        var seen: Set<Int> = []
        return ([serving] + pinnedCounts.keys.sorted() + others).filter { seen.insert($0).inserted }
    }
}

extension RevisionBook {
    /// What other routers have written takes this one's place; the requests here go on.
    mutating func takeOver(_ written: RevisionBook) {
        let pinnedCounts = pinnedCounts
        self = written
        self.pinnedCounts = pinnedCounts
    }
}

// MARK: - Requests

extension RevisionBook {
    /// Chooses the revision of a new request and pins it: the one that it names, or else by a draw
    /// from 0..<1 the canary or the one that serves. A draw of 1 never gives the canary.
    mutating func admit(named: Int?, draw: Double) throws(RevisionError) -> Int {
        let chosen = try named.map(offered) ?? drawn(draw)
        pinnedCounts[chosen, default: 0] += 1
        return chosen
    }

    /// A request that `admit` gave this revision has ended.
    mutating func release(_ revision: Int) {
        let count = pinnedCount(of: revision)
        precondition(count > 0, "revision \(revision) is released more often than admitted")
        pinnedCounts[revision] = count > 1 ? count - 1 : nil
    }

    private func drawn(_ draw: Double) -> Int {
        guard let candidate, case .canary(let share) = states[candidate], draw < share else {
            return serving
        }
        return candidate
    }

    private func offered(_ revision: Int) throws(RevisionError) -> Int {
        switch try state(of: revision) {
        case .staged, .canary, .serving: return revision
        case let state: throw refusal(.request, revision, state)
        }
    }
}

// MARK: - Steps

extension RevisionBook {
    /// Opens the next revision, to be staged.
    mutating func stage() throws(RevisionError) -> RevisionStep {
        if let candidate { throw .candidateExists(candidate, try state(of: candidate)) }
        forgetOldest()
        lastNumber += 1
        candidate = lastNumber
        states[lastNumber] = .staging
        return RevisionStep(.staging, lastNumber)
    }

    /// Every artifact of the candidate is held and has been tried.
    mutating func finishStaging(_ revision: Int) throws(RevisionError) -> RevisionStep {
        try expect(revision, for: .finishStaging) { $0 == .staging }
        states[revision] = .staged
        return RevisionStep(.staged, revision)
    }

    /// The candidate could not be staged.
    mutating func fail(_ revision: Int, reason: String) throws(RevisionError) -> RevisionStep {
        try expect(revision, for: .finishStaging) { $0 == .staging }
        states[revision] = .failed(reason: reason)
        candidate = nil
        return RevisionStep(.failed, revision, reason)
    }

    /// Gives the candidate a share of the requests that name no revision; 0 gives it none.
    mutating func canary(_ revision: Int, share: Double) throws(RevisionError) -> RevisionStep {
        guard (0...1).contains(share) else { throw .shareOutOfRange(share) }
        try expect(revision, for: .canary, \.isTried)
        states[revision] = .canary(share: share)
        return RevisionStep(.canary, revision, "share \(share)")
    }

    /// Lets the candidate serve. What served becomes what a rollback returns to.
    mutating func promote(_ revision: Int) throws(RevisionError) -> RevisionStep {
        try expect(revision, for: .promotion, \.isTried)
        let former = serving
        (states[former], states[revision]) = (.retired, .serving)
        (serving, candidate, rollbackTarget) = (revision, nil, former)
        return RevisionStep(.promoted, revision, "in place of revision \(former)")
    }

    /// Lets serve again what served before the last promotion. There is no way forward from it but
    /// to stage again.
    mutating func rollBack() throws(RevisionError) -> RevisionStep {
        guard let target = rollbackTarget else { throw .nothingToRollBackTo(serving: serving) }
        let former = serving
        (states[former], states[target]) = (.retired, .serving)
        (serving, rollbackTarget) = (target, nil)
        return RevisionStep(.rolledBack, target, "in place of revision \(former)")
    }

    /// Gives up the candidate, or what a rollback would return to.
    mutating func discard(_ revision: Int) throws(RevisionError) -> RevisionStep {
        let state = try state(of: revision)
        if revision == rollbackTarget {
            rollbackTarget = nil
        } else {
            guard revision == candidate else { throw .refused(.discard, revision, state) }
            states[revision] = .retired
            candidate = nil
        }
        return RevisionStep(.discarded, revision)
    }

    private func state(of revision: Int) throws(RevisionError) -> State {
        guard let state = states[revision] else { throw .unknown(revision) }
        return state
    }

    private func expect(
        _ revision: Int, for action: RevisionError.Action, _ isRight: (State) -> Bool
    ) throws(RevisionError) {
        let state = try state(of: revision)
        guard isRight(state) else { throw refusal(action, revision, state) }
    }

    private func refusal(
        _ action: RevisionError.Action, _ revision: Int, _ state: State
    ) -> RevisionError {
        revision == rollbackTarget
            ? .isRollbackTarget(action, revision) : .refused(action, revision, state)
    }

    private mutating func forgetOldest() {
        let kept = Set(wanted)
        let ended = states.keys.filter { !kept.contains($0) }.sorted()
        for revision in ended.dropLast(Self.endedCountMax) { states[revision] = nil }
    }
}

extension RevisionBook.State {
    /// Held and tried: may take requests.
    var isTried: Bool {
        switch self {
        case .staged, .canary: true
        case .staging, .serving, .retired, .failed: false
        }
    }

    var isCandidate: Bool { self == .staging || isTried }
}
