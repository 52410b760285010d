/// A request in the engine's care.
typealias RequestID = UInt64

/// Who takes part in the next step (continuous batching): every decoding sequence with one token,
/// then prompts in order of arrival, in pieces, up to the step's budget of tokens.
struct Scheduler: Sendable {
    /// Limits of the engine; over them a request is refused at once.
    struct Limits: Sendable {
        /// Sequences that share a step.
        var runningCountMax = 32
        /// Requests that wait for a place.
        var waitingCountMax = 64
        /// Rows of one step: long prompts are cut here so that decoding goes on beside them.
        var stepTokenCountMax = 256
        /// Tokens that all KV caches together may hold.
        var cachedTokenCountMax = 65_536
    }

    /// What one sequence feeds into a step.
    struct Entry: Equatable, Sendable {
        let id: RequestID
        let tokenCount: Int
    }

    private struct Sequence {
        let id: RequestID
        let tokenCountMax: Int
        var pendingTokenCount: Int
    }

    let limits: Limits
    private var running: [Sequence] = []
    private var waiting: [Sequence] = []

    init(limits: Limits) { self.limits = limits }

    var runningCount: Int { running.count }
    var waitingCount: Int { waiting.count }

    /// Queues a request that may grow to `tokenCountMax` tokens, `promptTokenCount` of which are
    /// known.
    mutating func admit(_ id: RequestID, promptTokenCount: Int, tokenCountMax: Int)
        throws(AdmissionError)
    {
        guard tokenCountMax <= limits.cachedTokenCountMax else {
            throw .tooLarge(tokenCount: tokenCountMax, tokenCountMax: limits.cachedTokenCountMax)
        }
        guard waiting.count < limits.waitingCountMax else {
            throw .overloaded(waiting: waiting.count)
        }
        waiting.append(
            Sequence(id: id, tokenCountMax: tokenCountMax, pendingTokenCount: promptTokenCount))
    }

    /// The entries of the next step; empty when nothing is to be done.
    mutating func nextStep() -> [Entry] {
        promote()
        var budget = limits.stepTokenCountMax
        let decoding = running.filter { $0.pendingTokenCount == 1 }
        let prefilling = running.filter { $0.pendingTokenCount > 1 }
        return (decoding + prefilling).compactMap { sequence in
            let count = min(sequence.pendingTokenCount, budget)
            budget -= count
            return count > 0 ? Entry(id: sequence.id, tokenCount: count) : nil
        }
    }

    /// A step fed `tokenCount` tokens of a sequence; when none is left a new one has been
    /// generated.
    mutating func advance(_ entry: Entry) {
        guard let index = running.firstIndex(where: { $0.id == entry.id }) else { return }
        running[index].pendingTokenCount -= entry.tokenCount
        if running[index].pendingTokenCount == 0 { running[index].pendingTokenCount = 1 }
    }

    mutating func remove(_ id: RequestID) {
        running.removeAll { $0.id == id }
        waiting.removeAll { $0.id == id }
    }

    /// Moves requests in, in order, while places and cache last: none is overtaken by a smaller
    /// one.
    private mutating func promote() {
        while let next = waiting.first, running.count < limits.runningCountMax,
            reservedTokenCount + next.tokenCountMax <= limits.cachedTokenCountMax
        {
            running.append(waiting.removeFirst())
        }
    }

    private var reservedTokenCount: Int { running.reduce(0) { $0 + $1.tokenCountMax } }
}

/// Why a request was not taken.
enum AdmissionError: Error, Equatable, CustomStringConvertible {
    case overloaded(waiting: Int)
    case tooLarge(tokenCount: Int, tokenCountMax: Int)

    var description: String {
        switch self {
        case .overloaded(let waiting):
            "overloaded: \(waiting) requests wait already; try again later"
        case .tooLarge(let count, let max):
            "the prompt and max_tokens need \(count) tokens of cache; this router has \(max)"
        }
    }
}
