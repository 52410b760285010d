internal import Logging
internal import Mesh
internal import Transport
internal import Wire

/// The connected workers, what each is to hold, and what each has confirmed. Lives on the I/O loop.
actor Fleet: LoopBound {
    /// A connected worker.
    struct Member: Sendable {
        let peer: Peer
        let capacity: WorkerCapacity
        var resident: Set<ExpertID> = []
        var residentBytes = 0
        var failures: [String] = []
    }

    nonisolated let loop: EventLoop
    let model: ServedModel
    let reduction: Reduction
    private let planner: PlacementPlanner
    private let logger: Logger
    private(set) var members: [WorkerID: Member] = [:]
    /// What may be dispatched to: confirmed by its worker, and the worker is there.
    private(set) var live = Placement()
    private var isRebalancing = false
    private var isPlanStale = false
    private var changeWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var lastWaiter: UInt64 = 0

    /// How long a worker may take to load what it was assigned: a cold disk, tens of gigabytes.
    static let assignmentDeadline = Duration.seconds(600)

    init(
        model: ServedModel, replicaCount: Int, reduction: Reduction, loop: EventLoop,
        logger: Logger
    ) {
        self.model = model
        self.reduction = reduction
        self.loop = loop
        self.logger = logger
        planner = PlacementPlanner(
            expertByteCounts: model.experts.mapValues(\.byteCount), replicaCount: replicaCount)
    }

    /// Experts without a live copy, in order.
    var missing: [ExpertID] {
        model.experts.keys.filter { live.workers(holding: $0).isEmpty }.sorted()
    }

    // MARK: - Membership

    /// A worker has dialled in; returns when it has gone.
    func serve(_ peer: Peer) async {
        let worker = WorkerID(name: peer.remote.name)
        let capacity = WorkerCapacity(worker: worker, byteCount: peer.remote.capacityBytes)
        if let former = members[worker] { await former.peer.close() }
        members[worker] = Member(peer: peer, capacity: capacity)
        live.remove(worker)
        logger.info("worker joined", metadata: ["worker": "\(worker.name)"])
        await rebalance()
        await peer.waitUntilClosed()
        guard members[worker]?.peer === peer else { return }
        members[worker] = nil
        live.remove(worker)
        logger.warning("worker left", metadata: ["worker": "\(worker.name)"])
        await rebalance()
    }

    // MARK: - Placement

    /// Brings the workers to the plan for the present members: first what is new is loaded, then
    /// what is surplus is dropped, so that no expert is ever below one live copy because of a move.
    private func rebalance() async {
        isPlanStale = true
        guard !isRebalancing else { return }
        isRebalancing = true
        defer { isRebalancing = false }
        while isPlanStale {
            isPlanStale = false
            let plan = planner.plan(on: members.values.map(\.capacity), current: live)
            await forEachMember { worker, resident in
                let wanted = plan.experts(on: worker)
                return wanted.isSubset(of: resident) ? nil : wanted.union(resident)
            }
            await forEachMember { worker, resident in
                let wanted = plan.experts(on: worker)
                return wanted == resident ? nil : wanted
            }
        }
    }

    /// Assigns to each member the set that `choose` returns for it, all at once.
    private func forEachMember(_ choose: (WorkerID, Set<ExpertID>) -> Set<ExpertID>?) async {
        let assignments = members.compactMap { worker, member in
            choose(worker, member.resident).map { (worker, member.peer, $0) }
        }
        await withTaskGroup { group in
            for (worker, peer, experts) in assignments {
                group.addTask { await self.assign(experts, to: worker, over: peer) }
            }
        }
    }

    private func assign(_ experts: Set<ExpertID>, to worker: WorkerID, over peer: Peer) async {
        confirm(worker, peer, experts.intersection(members[worker]?.resident ?? []))
        let request = HoldArtifacts(
            digests: experts.sorted().compactMap { model.experts[$0]?.digest })
        do {
            let reply = try await peer.call(
                request, deadline: .after(Self.assignmentDeadline)
            ).message
            accept(reply, of: experts, from: worker, peer)
        } catch {
            logger.error(
                "worker could not take its experts",
                metadata: ["worker": "\(worker.name)", "error": "\(error)"])
        }
    }

    private func accept(
        _ reply: HoldArtifactsReply, of experts: Set<ExpertID>, from worker: WorkerID, _ peer: Peer
    ) {
        let failed = Set(reply.failures.map(\.digest))
        let resident = experts.filter { expert in
            model.experts[expert].map { !failed.contains($0.digest) } ?? false
        }
        for failure in reply.failures.prefix(3) {
            logger.error(
                "worker cannot load an artifact",
                metadata: ["worker": "\(worker.name)", "reason": "\(failure.reason)"])
        }
        confirm(worker, peer, resident)
        guard members[worker]?.peer === peer else { return }
        members[worker]?.residentBytes = reply.residentBytes
        members[worker]?.failures = reply.failures.map(\.reason)
    }

    private func confirm(_ worker: WorkerID, _ peer: Peer, _ resident: Set<ExpertID>) {
        guard members[worker]?.peer === peer else { return }
        members[worker]?.resident = resident
        live.confirm(worker, resident: resident)
        for waiter in changeWaiters.values { waiter.resume() }
        changeWaiters = [:]
    }

    /// Returns when a placement was confirmed or `limit` has passed.
    func waitForChange(atMost limit: Duration) async {
        lastWaiter += 1
        let id = lastWaiter
        let timer = Task(executorPreference: loop) {
            try await Task.sleep(for: limit)
            await self.resumeWaiter(id)
        }
        await withCheckedContinuation { changeWaiters[id] = $0 }
        timer.cancel()
    }

    private func resumeWaiter(_ id: UInt64) { changeWaiters.removeValue(forKey: id)?.resume() }
}
