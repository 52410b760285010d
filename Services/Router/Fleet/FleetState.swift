internal import Checkpoint

/// The workers, what each is to hold, and what each has confirmed. It decides; `Fleet` asks the
/// workers. Without clock and socket, so that a simulator can drive it.
///
/// Rule of every move: nobody drops the last live copy of anything that is served.
struct FleetState: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A connected worker.
    struct Member: Sendable {
        let capacityByteCount: Int
        let host: String
        /// Kernel family: equal classes give equal bits.
        let numericClass: String
        /// Confirmed, and not about to be dropped.
        fileprivate(set) var resident: Set<ArtifactDigest>
        fileprivate(set) var residentByteCount = 0
        /// Gives away what it has, and takes only what nobody else can.
        fileprivate(set) var isLeaving = false
        fileprivate(set) var failures: [ArtifactDigest: Failure] = [:]
        /// Why it did not take its last assignment.
        fileprivate(set) var refusal: String?
        fileprivate(set) var pending: Assignment?
        fileprivate var pausedUntil: Instant?
    }

    /// Bytes that one assignment may have to load, so that each piece of a long move serves as soon
    /// as it is there.
    static let loadByteCountMax = 64 << 20
    /// After a worker could not load an artifact, and after it did not take an assignment.
    static let artifactRetryPause = Duration.seconds(30)
    static let workerRetryPause = Duration.seconds(1)

    let planner: PlacementPlanner
    /// The class of replicas that are asked first.
    let numericClass: String
    private(set) var members: [WorkerID: Member] = [:]
    /// What may be dispatched to.
    private(set) var live = Placement()
    /// All that may be asked for; what is served comes first.
    private(set) var revisions: [Revision]
    private(set) var demand: PlacementDemand
    private var servedDigests: Set<ArtifactDigest>
    /// Nil when something has happened since it was made.
    private(set) var plan: Placement?
    /// What the leading router has planned for all; nil lets this one plan.
    private var guide: Placement?
    /// What was planned last.
    private(set) var lastPlan = Placement()
    private var homeless = HomelessArtifacts()
    private var lastNumber = 0

    init(planner: PlacementPlanner, numericClass: String, serving revision: Revision) {
        revisions = [revision]
        demand = PlacementDemand([revision])
        servedDigests = revision.digests
        self.planner = planner
        self.numericClass = numericClass
    }

    // MARK: - What happens

    /// - Parameters:
    ///   - resident: What the worker holds already, of what it was asked for earlier.
    ///   - residentByteCount: What it holds in all.
    mutating func join(
        _ worker: WorkerID, capacityByteCount: Int, host: String, numericClass: String,
        resident: Set<ArtifactDigest>, residentByteCount: Int = 0
    ) {
        leave(worker)
        members[worker] = Member(
            capacityByteCount: capacityByteCount, host: host, numericClass: numericClass,
            resident: resident, residentByteCount: residentByteCount)
        live.set(worker, to: resident)
        plan = nil
    }

    mutating func leave(_ worker: WorkerID) {
        members[worker] = nil
        live.remove(worker)
        plan = nil
    }

    /// Has the worker give away what it holds.
    mutating func drain(_ worker: WorkerID) {
        members[worker]?.isLeaving = true
        plan = nil
    }

    /// Has a worker that was to leave take its part again.
    mutating func takeBack(_ worker: WorkerID) {
        members[worker]?.isLeaving = false
        plan = nil
    }

    /// - Parameter revisions: All that may be asked for, at least one; what is served comes first.
    mutating func want(_ revisions: [Revision]) {
        precondition(!revisions.isEmpty)
        self.revisions = revisions
        demand = PlacementDemand(revisions)
        servedDigests = serving.digests
        plan = nil
    }

    /// Follows the plan of another router where that serves everything; nil plans here.
    /// - Returns: Whether that is new.
    mutating func follow(_ guide: Placement?) -> Bool {
        guard guide != self.guide else { return false }
        self.guide = guide
        plan = nil
        return true
    }

    mutating func confirmed(
        _ assignment: Assignment, residentByteCount: Int, failures: [ArtifactDigest: String],
        at now: Instant
    ) {
        guard take(assignment) else { return }
        let resident = assignment.digests.subtracting(failures.keys)
        members[assignment.worker]?.resident = resident
        members[assignment.worker]?.residentByteCount = residentByteCount
        members[assignment.worker]?.refusal = nil
        for (digest, reason) in failures {
            members[assignment.worker]?.failures[digest] = Failure(
                reason: reason, retryAt: now + Self.artifactRetryPause)
            plan = nil
        }
        for digest in resident { members[assignment.worker]?.failures[digest] = nil }
        live.set(assignment.worker, to: resident)
    }

    /// The worker did not take it; what it holds is as before, less what it was told to drop.
    mutating func failed(_ assignment: Assignment, because reason: String, at now: Instant) {
        guard take(assignment) else { return }
        members[assignment.worker]?.refusal = reason
        members[assignment.worker]?.pausedUntil = now + Self.workerRetryPause
    }

    private mutating func take(_ assignment: Assignment) -> Bool {
        guard members[assignment.worker]?.pending == assignment else { return false }
        members[assignment.worker]?.pending = nil
        return true
    }

    // MARK: - What is to be done

    /// The next assignment of each worker that has none in flight and is not where the plan wants
    /// it.
    mutating func nextAssignments(at now: Instant) -> [Assignment] {
        resume(at: now)
        let plan = currentPlan()
        homeless.update(artifactsWithoutPlace(in: plan), at: now)
        return members.keys.sorted().compactMap { worker in
            guard let member = members[worker], member.pending == nil, member.pausedUntil == nil
            else { return nil }
            let digests = next(of: worker, member, plan)
            return digests == member.resident ? nil : assign(digests, to: worker)
        }
    }

    /// When to look again although nothing has happened.
    var wakesAt: Instant? {
        let retries = members.values.lazy.flatMap {
            [$0.pausedUntil].compactMap(\.self) + $0.failures.values.map(\.retryAt)
        }
        return (Array(retries) + [homeless.wakesAt].compactMap(\.self)).min()
    }

    /// What the plan moves, for people: nothing is changed.
    func preview(without worker: WorkerID?, replicaCount: Int?) -> Placement {
        PlacementPlanner(replicaCount: replicaCount ?? planner.replicaCount)
            .plan(demand, on: targets.filter { $0.worker != worker }, current: live)
    }

    private mutating func resume(at now: Instant) {
        for (worker, member) in members {
            if let until = member.pausedUntil, until <= now { members[worker]?.pausedUntil = nil }
            let due = member.failures.filter { $0.value.retryAt <= now }
            for digest in due.keys {
                members[worker]?.failures[digest] = nil
                plan = nil
            }
        }
    }

    private mutating func currentPlan() -> Placement {
        if let plan { return plan }
        let made =
            guide?.serving(demand, on: targets, current: live)
            ?? planner.plan(demand, on: targets, current: live)
        (plan, lastPlan) = (made, made)
        return made
    }

    /// What no worker holds, none is loading, and the plan gives to none.
    private func artifactsWithoutPlace(in plan: Placement) -> Set<ArtifactDigest> {
        let nowhere = demand.artifacts.map(\.digest).filter {
            live.workers(holding: $0).isEmpty && plan.workers(holding: $0).isEmpty
        }
        guard !nowhere.isEmpty else { return [] }
        let loading = members.values.compactMap { $0.pending?.digests }
        return loading.reduce(Set(nowhere)) { $0.subtracting($1) }
    }

    private var targets: [PlacementTarget] {
        members.map { worker, member in
            PlacementTarget(
                worker: worker, byteCount: member.capacityByteCount, host: member.host,
                refused: Set(member.failures.keys), isLastResort: member.isLeaving)
        }
    }

    /// What the plan gives the worker and it holds, what nobody else holds yet, as much of what it
    /// lacks as fits, and last what has no place in the plan.
    private func next(
        of worker: WorkerID, _ member: Member, _ plan: Placement
    ) -> Set<ArtifactDigest> {
        let target = plan.digests(on: worker)
        guard target != member.resident else { return target }
        var digests = member.resident.filter { digest in
            target.contains(digest) || mustStay(digest, on: worker, plan)
        }
        var byteCount = demand.byteCount(of: digests)
        var loadByteCount = 0
        for artifact in demand.artifacts
        where target.contains(artifact.digest) && !digests.contains(artifact.digest) {
            guard byteCount + artifact.byteCount <= member.capacityByteCount else { continue }
            guard loadByteCount == 0 || loadByteCount + artifact.byteCount <= Self.loadByteCountMax
            else { break }
            digests.insert(artifact.digest)
            byteCount += artifact.byteCount
            loadByteCount += artifact.byteCount
        }
        for artifact in demand.artifacts
        where member.resident.contains(artifact.digest) && !digests.contains(artifact.digest)
            && plan.workers(holding: artifact.digest).isEmpty
            && !(member.isLeaving && live.isHeld(artifact.digest, besides: worker))
            && byteCount + artifact.byteCount <= member.capacityByteCount
        {
            digests.insert(artifact.digest)
            byteCount += artifact.byteCount
        }
        return digests
    }

    /// The last live copy of what is served, or of what another worker is yet to load.
    private func mustStay(
        _ digest: ArtifactDigest, on worker: WorkerID, _ plan: Placement
    ) -> Bool {
        !live.isHeld(digest, besides: worker)
            && (servedDigests.contains(digest) || !plan.workers(holding: digest).isEmpty)
    }

    private mutating func assign(
        _ digests: Set<ArtifactDigest>, to worker: WorkerID
    ) -> Assignment {
        lastNumber += 1
        let assignment = Assignment(worker: worker, number: lastNumber, digests: digests)
        members[worker]?.pending = assignment
        let kept = digests.intersection(members[worker]?.resident ?? [])
        members[worker]?.resident = kept
        live.set(worker, to: kept)
        return assignment
    }
}

extension FleetState {
    // MARK: - What is known

    /// Waiting for it is in vain unless a worker comes.
    func isHomeless(_ digest: ArtifactDigest) -> Bool { homeless.digests.contains(digest) }

    /// Experts of a revision that are homeless, in order.
    func homeless(of revision: Revision) -> [ExpertID] {
        homeless.digests.isEmpty
            ? [] : revision.expertIDs.filter { isHomeless(revision[$0].digest) }
    }
}
