internal import Checkpoint
internal import Logging
internal import Mesh
internal import Transport
internal import Wire

/// The connected workers and what they hold. Lives on the I/O loop, asks what `FleetState` decides,
/// and tells it what came back.
actor Fleet: ChangeWaiting {
    nonisolated let loop: EventLoop
    nonisolated let modelName: String
    nonisolated let reduction: Reduction
    let logger: Logger
    var state: FleetState
    var health = FleetHealth()
    private(set) var peers: [WorkerID: Peer] = [:]
    nonisolated let metrics = FleetMetrics()
    var waiters = Waiters()
    private var alarm: Task<Void, any Error>?

    /// How long a worker may take for one assignment: a cold disk, a slow link.
    static let assignmentDeadline = Duration.seconds(600)
    /// How long a worker may take to say what it holds.
    static let statusDeadline = Duration.seconds(5)

    init(
        model: ServedModel, replicaCount: Int, reduction: Reduction, numericClass: String,
        loop: EventLoop, logger: Logger
    ) {
        modelName = model.name
        self.reduction = reduction
        self.loop = loop
        self.logger = logger
        state = FleetState(
            planner: PlacementPlanner(replicaCount: replicaCount), numericClass: numericClass,
            serving: model.initial)
    }

    /// Experts of the served revision without a live copy, in order.
    var missing: [ExpertID] { state.missing(of: state.serving) }

    /// What a request that is pinned to a revision waits for in vain; nil when there is hope.
    func loss(of revision: Revision) -> ExpertLoss? {
        let homeless = state.homeless(of: revision)
        guard !homeless.isEmpty else { return nil }
        return ExpertLoss(
            model: modelName, experts: homeless, cause: .homeless(reasons: loadFailures))
    }

    /// Why workers could not load artifacts, each reason once, a few of them, and who drains.
    var loadFailures: [String] {
        let reasons = state.members.values.flatMap { $0.failures.values.map(\.reason) }
        let leaving = state.members.filter(\.value.isLeaving).keys.sorted()
        return Set(reasons).sorted().prefix(3) + leaving.prefix(3).map { "\($0.name) drains" }
    }

    // MARK: - Membership

    /// A worker has dialled in and was not refused; returns when it has gone.
    func serve(_ peer: Peer) async {
        let worker = WorkerID(name: peer.remote.name)
        guard let held = await holdings(of: peer) else { return await peer.close() }
        if let former = peers[worker] { await former.close() }
        peers[worker] = peer
        health.forget(worker)
        state.join(
            worker, capacityByteCount: peer.remote.capacityBytes, host: peer.remote.host,
            numericClass: peer.remote.numericClass, resident: held.digests,
            residentByteCount: held.byteCount)
        logger.info("worker joined", metadata: ["worker": "\(worker.name)"])
        changed()
        let reason = await peer.waitUntilClosed()
        guard peers[worker] === peer else { return }
        peers[worker] = nil
        state.leave(worker)
        logger.warning(
            "worker left",
            metadata: ["worker": "\(worker.name)", "reason": "\(reason.map { "\($0)" } ?? "")"])
        changed()
    }

    /// What a worker holds when it comes: after a lost connection it need not load anything.
    private func holdings(
        of peer: Peer
    ) async -> (digests: Set<ArtifactDigest>, byteCount: Int)? {
        do {
            let (status, records) = try await peer.call(
                WorkerStatus(), deadline: .after(Self.statusDeadline))
            let artifacts = try [ArtifactStatistics](records: records.bytes)
            return (
                Set(artifacts.compactMap { ArtifactDigest(bytes: $0.digest) }), status.residentBytes
            )
        } catch {
            logger.warning(
                "worker does not say what it holds",
                metadata: ["worker": "\(peer.remote.name)", "error": "\(error)"])
            return nil
        }
    }

    // MARK: - Placement

    /// What the workers shall hold from now on, the most important first.
    func want(_ revisions: [Revision]) {
        state.want(revisions)
        changed()
    }

    /// Follows the plan of the router that leads; nil plans here.
    func follow(_ guide: Placement?) {
        if state.follow(guide) { changed() }
    }

    /// Returns when every expert of a revision has a live copy, or waiting for that is in vain.
    /// - Returns: What has none then, or when the deadline has passed.
    func waitUntilHeld(_ revision: Revision, deadline: Deadline) async -> [ExpertID] {
        _ = await wait(until: deadline) {
            $0.missing(of: revision).isEmpty || !$0.homeless(of: revision).isEmpty
        }
        return state.missing(of: revision)
    }

    /// Acts on whatever is to be done now, and wakes whoever waits for a change.
    func changed() {
        for assignment in state.nextAssignments(at: .now) {
            guard let peer = peers[assignment.worker] else { continue }
            Task(executorPreference: loop) { await self.carryOut(assignment, over: peer) }
        }
        waiters.resumeAll()
        setAlarm()
    }

    private func carryOut(_ assignment: FleetState.Assignment, over peer: Peer) async {
        let request = HoldArtifacts(digests: assignment.digests.map(\.bytes))
        do throws(MeshError) {
            let reply = try await peer.call(
                request, deadline: .after(Self.assignmentDeadline)
            ).message
            confirm(assignment, reply)
        } catch {
            logger.error(
                "worker did not take its experts",
                metadata: ["worker": "\(assignment.worker.name)", "error": "\(error)"])
            state.failed(assignment, because: "\(error)", at: .now)
        }
        changed()
    }

    private func confirm(_ assignment: FleetState.Assignment, _ reply: HoldArtifactsReply) {
        var failures: [ArtifactDigest: String] = [:]
        for failure in reply.failures {
            guard let digest = ArtifactDigest(bytes: failure.digest) else { continue }
            failures[digest] = failure.reason
        }
        for (digest, reason) in failures.prefix(3) {
            logger.error(
                "worker cannot load an artifact",
                metadata: [
                    "worker": "\(assignment.worker.name)", "artifact": "\(digest)",
                    "reason": "\(reason)",
                ])
        }
        state.confirmed(
            assignment, residentByteCount: reply.residentBytes, failures: failures, at: .now)
    }

    /// Looks again when a pause is over.
    private func setAlarm() {
        alarm?.cancel()
        guard let wakesAt = state.wakesAt else { return }
        alarm = Task(executorPreference: loop) {
            try await Task.sleep(until: wakesAt, clock: .continuous)
            await self.ring()
        }
    }

    private func ring() { changed() }

    // MARK: - Waiting

    func wait(
        until deadline: Deadline, for condition: (FleetState) -> Bool
    ) async -> Bool {
        while !condition(state) {
            guard deadline.remaining > .zero, !Task.isCancelled else { return false }
            await waitForChange(atMost: deadline.remaining)
        }
        return true
    }
}
