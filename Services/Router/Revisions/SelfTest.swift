internal import Checkpoint
internal import LinearAlgebra
internal import Mesh

/// Has every worker that holds a new artifact compute one row with it, and compares the result with
/// what this router makes of the same artifact: what loads may still compute wrongly.
struct SelfTest: Sendable {
    /// For one row through one expert; a worker that needs longer cannot serve.
    private static let callDurationMax = Duration.seconds(10)
    /// Other kernels add in another order and keep other last bits: so far, relative to the largest
    /// element, may their results be apart.
    private static let toleranceMax: Float = 0.01

    let fleet: Fleet
    let shelf: ArtifactShelf
    let hiddenSize: Int

    /// - Throws: `StagingError.selfTest` naming the first artifact and worker that do not agree.
    func run(_ digests: [ArtifactDigest]) async throws {
        for digest in digests {
            try Task.checkCancellation()
            guard let expected = try await shelf.compute(digest, probe) else {
                throw CheckpointError.unreadable(
                    path: "\(digest)", reason: "the artifact is in no folder of this router")
            }
            try await check(digest, expected)
        }
    }

    /// [1, hiddenSize]: the same numbers on every machine, none of them special.
    var probe: Matrix {
        Matrix(
            row: (0..<hiddenSize).map { column in
                let mixed = UInt32(truncatingIfNeeded: column &+ 1) &* 2_654_435_769
                return Float(Int32(bitPattern: mixed) >> 8) * 0x1p-23
            })
    }

    private func check(_ digest: ArtifactDigest, _ expected: Matrix) async throws {
        let holders = await fleet.state.live.workers(holding: digest)
        for worker in holders {
            let reply: Result<Matrix, any Error> = await fleet.ask(
                share(of: digest, for: worker), rows: probe,
                deadline: .after(Self.callDurationMax))
            // One that has left meanwhile holds nothing wrong.
            guard await fleet.state.live.workers(holding: digest).contains(worker) else { continue }
            if let reason = await complaint(reply, of: worker, expected) {
                throw StagingError.selfTest(
                    artifact: digest, worker: worker.name, reason: reason)
            }
        }
    }

    private func share(of digest: ArtifactDigest, for worker: WorkerID) -> WorkerShare {
        let key = ExpertKey(expert: 0, digest: digest)
        return WorkerShare(
            worker: worker, experts: [ExpertRows(key: key, rows: [0], weights: [1])])
    }

    /// What is wrong with a worker's result; nil when nothing is.
    private func complaint(
        _ reply: Result<Matrix, any Error>, of worker: WorkerID, _ expected: Matrix
    ) async -> String? {
        switch reply {
        case .failure(let error): return "\(error)"
        case .success(let found):
            let members = await fleet.state.members
            let isOfOurClass = await members[worker]?.numericClass == fleet.state.numericClass
            return isOfOurClass
                ? Self.differs(found, expected) : Self.isFar(found, from: expected)
        }
    }

    private static func differs(_ found: Matrix, _ expected: Matrix) -> String? {
        guard found != expected else { return nil }
        return "its result is not bit for bit this router's, though both have the same kernels"
    }

    private static func isFar(_ found: Matrix, from expected: Matrix) -> String? {
        let scale = expected.elements.reduce(0) { max($0, abs($1)) }
        let distance = zip(found.elements, expected.elements).reduce(0) {
            max($0, abs($1.0 - $1.1))
        }
        guard distance > toleranceMax * scale else { return nil }
        return "its result is \(distance) away from this router's, whose largest number is \(scale)"
    }
}
