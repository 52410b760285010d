/// Experts that a request needs and does not get. Nothing is answered without them.
struct ExpertLoss: Error, CustomStringConvertible {
    enum Cause: Equatable {
        /// No worker holds them and none can take them; why workers could not load them.
        case homeless(reasons: [String])
        /// Nobody answered for them before the deadline; why the last one did not.
        case unreached(reason: String)
        /// Someone holds them; only the time was too short.
        case late
    }

    let model: String
    /// At least one.
    let experts: [ExpertID]
    let cause: Cause

    var description: String {
        "\(model) needs \(experts.words), " + words
    }

    private var words: String {
        switch cause {
        case .homeless(let reasons):
            "which no worker holds and none can take: start an expert-worker, or give the workers "
                + "more --memory" + reasons.inParentheses
        case .unreached(let reason):
            "which could not be reached: \(reason); start an expert-worker that has its artifact, "
                + "or wait and try again"
        case .late: "whose worker had too little time"
        }
    }
}
