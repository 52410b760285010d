internal import Checkpoint

/// Why a revision cannot be staged. Says what to do.
enum StagingError: Error, CustomStringConvertible {
    case noCatalog
    /// What served when the edit was checked does not serve any more.
    case servingChanged(from: Int, to: Int)
    /// Some experts fit on no worker, or no worker could load them.
    case homeless([ExpertID], reasons: [String])
    case notHeld([ExpertID], within: Duration)
    /// A worker with part of the candidate has gone since it was staged.
    case lost([ExpertID])
    /// A worker computes an artifact wrongly.
    case selfTest(artifact: ArtifactDigest, worker: String, reason: String)
    /// A worker does not say what it computes with an artifact.
    case silent(artifact: ArtifactDigest, worker: String, reason: String)

    var description: String {
        switch self {
        case .noCatalog:
            "revisions need a place to be remembered: start the router with --catalog PATH"
        case .servingChanged(let former, let now):
            "revision \(now) serves now instead of revision \(former), which this edit was made "
                + "for; stage it again"
        case .homeless(let experts, let reasons):
            "no worker holds \(experts.words), and none can take it: give the workers more "
                + "--memory, start another, or discard what a rollback would return to"
                + reasons.inParentheses
        case .notHeld(let experts, let limit):
            "no worker holds \(experts.words) after \(limit); look at the workers' logs"
        case .lost(let experts):
            "no worker holds \(experts.words) of it any more: wait until it is placed again, "
                + "or start an expert-worker"
        case .selfTest(let artifact, let worker, let reason):
            "\(worker) computes artifact \(artifact) wrongly: \(reason); stop that worker, and "
                + "stage again"
        case .silent(let artifact, let worker, let reason):
            "\(worker) does not answer when artifact \(artifact) is tried: \(reason); look at its "
                + "log, and stage again"
        }
    }
}

extension [String] {
    /// To follow a sentence; empty when there are none.
    var inParentheses: String { isEmpty ? "" : " (\(joined(separator: "; ")))" }
}
