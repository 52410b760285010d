import Model
import Support

@testable import Router

/// A request: some tokens through some layers, each a `LayerDispatch` of the production code.
final class SimulatedRequest {
    enum Outcome: Equatable { case complete, failed }

    struct Failure: Hashable {
        let key: ExpertKey
        let worker: WorkerID

        init(_ key: ExpertKey, _ worker: WorkerID) { (self.key, self.worker) = (key, worker) }
    }

    struct Answer: Hashable {
        let key: ExpertKey
        let row: Int
    }

    let id: Int
    let revision: Revision
    let arrivedAt: Duration
    let deadline: Duration
    private(set) var layer = 0
    /// Rises with every layer of every token: what belongs to an earlier one is late.
    private(set) var step = 0
    /// What the present layer needs; the same whatever happens to the mesh.
    private(set) var needed: [ExpertRows] = []
    var work = LayerDispatch([])
    var calls: [Int: LayerDispatch.Call] = [:]
    /// What counts, by expert and row of the present layer.
    var answers: Set<Answer> = []
    /// When a worker failed at an expert last.
    var failures: [Failure: Duration] = [:]
    var outcome: Outcome?
    var endedAt: Duration?
    var wakesAt: Duration?
    private let stepCount: Int
    private let seed: UInt64

    init(
        id: Int, revision: Revision, at now: Duration, deadline: Duration,
        random: inout SplitMix64
    ) {
        arrivedAt = now
        self.id = id
        self.revision = revision
        self.deadline = deadline
        stepCount = Int.random(in: 1...3, using: &random) * revision.experts.count
        seed = random.next()
        begin()
    }

    /// - Returns: False when that was the last layer of the last token.
    func advance() -> Bool {
        guard step + 1 < stepCount else { return false }
        step += 1
        layer = step % revision.experts.count
        begin()
        return true
    }

    private func begin() {
        var random = SplitMix64(seed: seed &+ UInt64(step))
        let expertCount = revision.experts[layer].count
        let routings = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            let first = Int.random(in: 0..<expertCount, using: &random)
            let second = (first + Int.random(in: 1..<expertCount, using: &random)) % expertCount
            return Routing(
                choices: [first, second].map { Routing.Choice(expert: $0, weight: 0.5) })
        }
        let spans = [RevisionSpan(rows: routings.indices, revision: revision)]
        needed = ExpertRows.grouping(routings, of: spans, layer: layer)
        work = LayerDispatch(needed)
        calls.removeAll(keepingCapacity: true)
        answers.removeAll(keepingCapacity: true)
        failures.removeAll(keepingCapacity: true)
        wakesAt = nil
    }
}
