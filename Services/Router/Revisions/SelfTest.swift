internal import Checkpoint
internal import LinearAlgebra
internal import Mesh

/// Has every worker that holds a new artifact compute one row with it, and compares the result with
/// what this router makes of the same artifact: what loads may still compute wrongly.
struct SelfTest: Sendable {
    /// For one row through one expert; a worker that needs longer cannot serve.
    private static let callDurationMax = Duration.seconds(10)
    /// How often a worker that does not answer is asked, and the pause between.
    private static let attemptCountMax = 3
    private static let attemptPause = Duration.milliseconds(500)
    /// Other kernels add in another order and keep other last bits: so far, relative to the largest
    /// element, may their results be apart.
    private static let toleranceMax: Float = 0.01

    let fleet: Fleet
    let shelf: ArtifactShelf
    let hiddenSize: Int

    /// - Throws: `StagingError` naming the first artifact and worker: `selfTest` when the result is
    ///   wrong, `silent` when there is none.
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
            guard let found = try await result(of: digest, by: worker) else { continue }
            if let reason = await complaint(found, of: worker, expected) {
                throw StagingError.selfTest(artifact: digest, worker: worker.name, reason: reason)
            }
        }
    }

    /// A worker's result; nil when it has left meanwhile: then it holds nothing wrong.
    private func result(
        of digest: ArtifactDigest, by worker: WorkerID
    ) async throws -> Matrix? {
        var reason = ""
        for attempt in 1...Self.attemptCountMax {
            if attempt > 1 { try await Task.sleep(for: Self.attemptPause) }
            let reply = await fleet.ask(
                share(of: digest, for: worker), rows: probe,
                deadline: .after(Self.callDurationMax))
            guard await fleet.state.live.workers(holding: digest).contains(worker) else {
                return nil
            }
            switch reply {
            case .success(let found): return found
            case .failure(let error) where Self.isNoAnswer(error): reason = "\(error)"
            case .failure(let error):
                throw StagingError.selfTest(
                    artifact: digest, worker: worker.name, reason: "\(error)")
            }
        }
        throw StagingError.silent(artifact: digest, worker: worker.name, reason: reason)
    }

    /// Busy, late or cut off, as opposed to wrong.
    private static func isNoAnswer(_ error: any Error) -> Bool {
        switch error {
        case let error as MeshError: error.isTransient || error == .deadlineExceeded
        case let error as ExchangeFailure: error == .workerGone || error == .requestOver
        default: false
        }
    }

    private func share(of digest: ArtifactDigest, for worker: WorkerID) -> WorkerShare {
        let key = ExpertKey(expert: 0, digest: digest)
        return WorkerShare(
            worker: worker, experts: [ExpertRows(key: key, rows: [0], weights: [1])])
    }

    /// What is wrong with a worker's result; nil when nothing is.
    private func complaint(
        _ found: Matrix, of worker: WorkerID, _ expected: Matrix
    ) async -> String? {
        let state = await fleet.state
        return state.members[worker]?.numericClass == state.numericClass
            ? Self.differs(found, expected) : Self.isFar(found, from: expected)
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
