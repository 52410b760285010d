import Model
import Support

@testable import Router

/// A request: some tokens through some layers, each a `LayerDispatch` of the production code.
struct SimulatedRequest {
    enum Outcome: Equatable { case complete, failed }

    let id: Int
    let revision: Revision
    let arrivedAt: Duration
    let deadline: Duration
    let tokenCount: Int
    private(set) var token = 0
    private(set) var layer = 0
    /// Rises with every layer of every token: what belongs to an earlier one is late.
    private(set) var step = 0
    var work: LayerDispatch
    var calls: [Int: LayerDispatch.Call] = [:]
    /// Whose results count, by expert and row of the present layer.
    var answers: [Answer: WorkerID] = [:]
    /// When a worker failed at an expert last.
    var failures: [Failure: Duration] = [:]
    var outcome: Outcome?
    var endedAt: Duration?
    var wakesAt: Duration?
    private let seed: UInt64

    struct Failure: Hashable {
        let key: ExpertKey
        let worker: WorkerID

        init(_ key: ExpertKey, _ worker: WorkerID) { (self.key, self.worker) = (key, worker) }
    }

    struct Answer: Hashable {
        let key: ExpertKey
        let row: Int
    }

    init(
        id: Int, revision: Revision, at now: Duration, deadline: Duration,
        random: inout SplitMix64
    ) {
        arrivedAt = now
        self.id = id
        self.revision = revision
        self.deadline = deadline
        tokenCount = Int.random(in: 1...3, using: &random)
        seed = random.next()
        work = LayerDispatch([])
        begin()
    }

    /// - Returns: False when that was the last layer of the last token.
    mutating func advance() -> Bool {
        layer += 1
        if layer == revision.experts.count { (layer, token) = (0, token + 1) }
        guard token < tokenCount else { return false }
        step += 1
        begin()
        return true
    }

    /// What the present layer needs; the same whatever happens to the mesh.
    private(set) var needed: [ExpertRows] = []

    private mutating func begin() {
        var random = SplitMix64(seed: seed &+ UInt64(step))
        let expertCount = revision.experts[layer].count
        let routings = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            Routing(
                choices: (0..<expertCount).shuffled(using: &random).prefix(2).map {
                    Routing.Choice(expert: $0, weight: 0.5)
                })
        }
        let spans = [RevisionSpan(rows: routings.indices, revision: revision)]
        needed = ExpertRows.grouping(routings, of: spans, layer: layer)
        work = LayerDispatch(needed)
        calls = [:]
        answers = [:]
        failures = [:]
    }
}
