/// What a step of the book did: a line of the journal, before time and author are added.
struct RevisionStep: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        case imported, staging, staged, failed, canary, promoted, discarded
        case rolledBack = "rolled back"
    }

    let kind: Kind
    /// The revision that the step was about; after a rollback the one that serves again.
    let revision: Int
    /// The share, the reason, what was replaced; empty where there is nothing more to say.
    let detail: String

    init(_ kind: Kind, _ revision: Int, _ detail: String = "") {
        (self.kind, self.revision, self.detail) = (kind, revision, detail)
    }
}

/// Why the book refuses a step. Says which state it found and what to do.
enum RevisionError: Error, Equatable, CustomStringConvertible {
    /// What was asked for.
    enum Action: String, Sendable {
        case request = "be asked for by name"
        case finishStaging = "end its staging"
        case canary = "take a share of the requests"
        case promotion = "be promoted"
        case discard = "be discarded"
    }

    case unknown(Int)
    case refused(Action, Int, RevisionBook.State)
    /// It is retired, and what a rollback returns to.
    case isRollbackTarget(Action, Int)
    case candidateExists(Int, RevisionBook.State)
    case nothingToRollBackTo(serving: Int)
    case shareOutOfRange(Double)

    var description: String {
        switch self {
        case .unknown(let revision):
            "there is no revision \(revision); `meshctl revisions` lists those that there are"
        case .refused(let action, let revision, let state):
            "revision \(revision) \(state.words), so it cannot \(action.rawValue); "
                + state.advice(for: action)
        case .isRollbackTarget(let action, let revision):
            "revision \(revision) is retired, so it cannot \(action.rawValue); it is what a "
                + "rollback returns to: `meshctl rollback` lets it serve again"
        case .candidateExists(let revision, let state):
            "revision \(revision) \(state.words), and only one can be on trial; promote or discard "
                + "it first"
        case .nothingToRollBackTo(let serving):
            "there is nothing to roll back to: no revision that served before revision \(serving) "
                + "is still held; stage its experts again with `meshctl swap`"
        case .shareOutOfRange(let share):
            "a share of \(share) is not between 0 and 1; 0.1 gives a tenth of the requests"
        }
    }
}

extension RevisionBook.State {
    /// One word for programs.
    var word: String {
        switch self {
        case .staging: "staging"
        case .staged: "staged"
        case .canary: "canary"
        case .serving: "serving"
        case .retired: "retired"
        case .failed: "failed"
        }
    }

    var share: Double? {
        guard case .canary(let share) = self else { return nil }
        return share
    }

    var reason: String? {
        guard case .failed(let reason) = self else { return nil }
        return reason
    }

    /// To follow "revision 3".
    var words: String {
        switch self {
        case .staging: "is being staged"
        case .staged: "is staged"
        case .canary(let share): "is a canary with share \(share)"
        case .serving: "serves"
        case .retired: "is retired"
        case .failed(let reason): "has failed (\(reason))"
        }
    }

    fileprivate func advice(for action: RevisionError.Action) -> String {
        switch self {
        case .retired where action == .discard, .failed where action == .discard:
            "nothing is held for it any more, so there is nothing to give up"
        case .staging: "wait until it is staged"
        case .staged, .canary: "promote or discard it"
        case .serving: "let another serve first: promote a candidate, or roll back"
        case .retired: "stage its experts again with `meshctl swap`"
        case .failed: "put that right and stage again with `meshctl swap`"
        }
    }
}
