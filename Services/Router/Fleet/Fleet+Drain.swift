internal import Checkpoint
internal import Logging
internal import Mesh

/// Why a worker cannot be stopped without loss. Says what to do.
enum DrainFailure: Error, Equatable, CustomStringConvertible {
    /// Nobody else can take these experts; why workers could not load them.
    case immovable(WorkerID, [ExpertID], reasons: [String])
    /// The time is up, and these still live nowhere else.
    case late(WorkerID, [ExpertID])
    /// It went before it had given these away.
    case died(WorkerID, [ExpertID])
    case takenBack(WorkerID)

    var description: String {
        switch self {
        case .immovable(let worker, let experts, let reasons):
            "\(worker.name) cannot be drained: no other worker can take \(experts.words)"
                + reasons.inParentheses + "; start another expert-worker, or give the others more "
                + "--memory, and drain it then; it takes its part as before"
        case .late(let worker, let experts):
            "\(worker.name) is not drained: the time is up, and no other worker holds "
                + "\(experts.words) yet; it takes its part as before; look at the workers' logs, "
                + "and drain it again"
        case .died(let worker, let experts):
            "\(worker.name) has gone before it had given everything away: no worker holds "
                + "\(experts.words) now; start it again"
        case .takenBack(let worker):
            "\(worker.name) drains no longer: it was taken back, or has connected anew"
        }
    }
}

extension Fleet {
    /// For an operator: has a worker give away what it holds, and returns when it can be stopped.
    ///
    /// When that fails, or the calling task is cancelled, the worker takes its part as before.
    func drain(_ worker: WorkerID, deadline: Deadline) async throws(DrainFailure) {
        let held = state.live.digests(on: worker)
        beginDrain(worker)
        _ = await wait(until: deadline) {
            $0.isReleased(worker) || $0.members[worker]?.isLeaving == false
                || !$0.immovable(on: worker).isEmpty
        }
        if let failure = drainFailure(worker, held: held) {
            takeBack(worker)
            throw failure
        }
    }

    /// For a worker that is being stopped: returns when nothing is needed of it any more.
    /// - Returns: How many artifacts live nowhere else when the deadline has passed.
    func letGo(_ worker: WorkerID, deadline: Deadline) async -> Int {
        beginDrain(worker)
        _ = await wait(until: deadline) { $0.isReleased(worker) }
        return state.onlyCopies(on: worker).count
    }

    /// Has a worker that drains, or has been drained, take its part again.
    func takeBack(_ worker: WorkerID) {
        guard state.members[worker]?.isLeaving == true else { return }
        state.takeBack(worker)
        logger.notice("worker drains no longer", metadata: ["worker": "\(worker.name)"])
        changed()
    }

    private func beginDrain(_ worker: WorkerID) {
        guard state.members[worker] != nil else { return }
        state.drain(worker)
        logger.notice("worker drains", metadata: ["worker": "\(worker.name)"])
        changed()
    }

    /// Nil when the worker can be stopped, or has gone and nothing with it.
    private func drainFailure(
        _ worker: WorkerID, held: Set<ArtifactDigest>
    ) -> DrainFailure? {
        guard let member = state.members[worker] else {
            let lost = state.experts(computedBy: state.lost(of: held))
            return lost.isEmpty ? nil : .died(worker, lost)
        }
        guard !state.isReleased(worker) else { return nil }
        guard member.isLeaving else { return .takenBack(worker) }
        let immovable = state.experts(computedBy: state.immovable(on: worker))
        return immovable.isEmpty
            ? .late(worker, state.experts(computedBy: state.onlyCopies(on: worker)))
            : .immovable(worker, immovable, reasons: loadFailures)
    }
}
