internal import Checkpoint
internal import Mesh

/// The routed work of one layer of one step: what is still to be answered, who was asked, who has
/// failed at what. It decides whom to ask next and when to ask a second replica; `Fleet` asks.
///
/// A retry is exact: an expert is a pure function, so any replica gives the answer.
struct LayerDispatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// One exchange with one worker.
    struct Call: Sendable {
        enum Reason: String, CaseIterable {
            case first
            /// Another exchange has failed.
            case retry
            /// The same experts are being computed elsewhere, and have taken suspiciously long.
            case hedge
        }

        let id: Int
        let share: WorkerShare
        let reason: Reason
    }

    private struct Asked {
        let call: Call
        let since: Instant
        /// When another replica is asked, too; nil when that was done or there is none.
        var hedgeAt: Instant?
    }

    /// How long a replica that failed at an expert is not asked for it again.
    static let retryPause = Duration.milliseconds(50)

    private(set) var outstanding: [ExpertRows]
    /// Who computed each expert.
    private(set) var workers: [ExpertKey: WorkerID] = [:]
    /// Why the last exchange failed.
    private(set) var reason = "no worker holds it"
    private var failed: [ExpertKey: [WorkerID: Instant]] = [:]
    private var asked: [Int: Asked] = [:]
    private var everAsked: Set<ExpertKey> = []
    private var lastCall = 0
    private var pausedUntil: Instant?

    init(_ experts: [ExpertRows]) { outstanding = experts }

    var isFinished: Bool { outstanding.isEmpty }
    /// Some expert has nobody left to ask; a change of the placement may help before the pause is
    /// over.
    var isPaused: Bool { pausedUntil != nil }
    /// When to look again although nothing has happened.
    var wakesAt: Instant? {
        (asked.values.compactMap(\.hedgeAt) + [pausedUntil].compactMap(\.self)).min()
    }

    /// Whom to ask now. Nobody is asked for an expert twice at the same time, and a worker that
    /// failed at an expert is not asked for it again before a pause is over.
    mutating func nextCalls(
        at now: Instant, holders: (ArtifactDigest) -> [WorkerID], health: inout FleetHealth
    ) -> [Call] {
        let known = health
        func usable(_ key: ExpertKey) -> [WorkerID] {
            known.usable(holders(key.digest), at: now)
        }
        let plan = self.plan(
            outstanding.filter { askers(of: $0.key).isEmpty }, at: now, holders: usable)
        pausedUntil = plan.missing.map { pause(of: $0, at: now) }.min()
        let hedges = hedges(at: now, holders: usable, health: &health)
        return plan.shares.map { share in
            let isRetry = share.keys.contains(where: everAsked.contains)
            return ask(share, isRetry ? .retry : .first, at: now, holders: usable, known)
        } + hedges.map { ask($0, .hedge, at: now, holders: usable, known) }
    }

    /// A call was answered.
    /// - Returns: The share whose results count; nil when another replica was faster with any part
    /// of it.
    mutating func answered(_ id: Int, at now: Instant, health: inout FleetHealth) -> WorkerShare? {
        guard let asked = asked.removeValue(forKey: id) else { return nil }
        let share = asked.call.share
        health.succeeded(share, after: asked.since.duration(to: now), at: now)
        let keys = Set(share.keys)
        guard keys.isDisjoint(with: workers.keys) else { return nil }
        for key in keys { workers[key] = share.worker }
        outstanding.removeAll { keys.contains($0.key) }
        overtake(asked, health: &health, at: now)
        return share
    }

    /// A call was not answered. The worker is to blame, unless the request itself is over.
    mutating func failed(
        _ id: Int, because error: any Error, at now: Instant, health: inout FleetHealth
    ) {
        guard let asked = asked.removeValue(forKey: id) else { return }
        let share = asked.call.share
        reason = "\(share.worker.name): \(error)"
        for key in share.keys { failed[key, default: [:]][share.worker] = now }
        guard error as? ExchangeFailure != .requestOver else { return }
        health.failed(share.worker, at: now)
    }

    // MARK: - Decisions

    /// Who is asked for an expert now: one worker, or with a hedge two.
    private func askers(of key: ExpertKey) -> [WorkerID] {
        asked.values.lazy.map(\.call.share).filter { $0.includes(key) }.map(\.worker)
    }

    private func plan(
        _ experts: [ExpertRows], at now: Instant, holders: (ExpertKey) -> [WorkerID]
    ) -> DispatchPlan {
        DispatchPlan(experts) { key in
            let askers = askers(of: key)
            return holders(key).filter { !hasFailed($0, at: key, now) && !askers.contains($0) }
        }
    }

    private func hasFailed(_ worker: WorkerID, at key: ExpertKey, _ now: Instant) -> Bool {
        failed[key]?[worker].map { now < $0 + Self.retryPause } ?? false
    }

    /// When someone may be asked for an expert again.
    private func pause(of key: ExpertKey, at now: Instant) -> Instant {
        let ends = failed[key, default: [:]].values.map { $0 + Self.retryPause }
        return ends.filter { $0 > now }.min() ?? now + Self.retryPause
    }

    private mutating func ask(
        _ share: WorkerShare, _ reason: Call.Reason, at now: Instant,
        holders: (ExpertKey) -> [WorkerID], _ health: FleetHealth
    ) -> Call {
        lastCall += 1
        everAsked.formUnion(share.keys)
        let call = Call(id: lastCall, share: share, reason: reason)
        let hasReplica = share.keys.allSatisfy { holders($0).count > 1 }
        let mayHedge = reason != .hedge && hasReplica
        asked[call.id] = Asked(
            call: call, since: now, hedgeAt: mayHedge ? now + health.hedgeDelay(of: share) : nil)
        return call
    }

    /// Second calls for what has taken suspiciously long, as far as the budget goes.
    private mutating func hedges(
        at now: Instant, holders: (ExpertKey) -> [WorkerID], health: inout FleetHealth
    ) -> [WorkerShare] {
        var shares: [WorkerShare] = []
        for (id, slow) in asked.sorted(by: { $0.key < $1.key }) {
            guard let hedgeAt = slow.hedgeAt, hedgeAt <= now else { continue }
            asked[id]?.hedgeAt = nil
            let plan = plan(slow.call.share.experts, at: now, holders: holders)
            if plan.missing.isEmpty, health.mayHedge() { shares += plan.shares }
        }
        return shares
    }

    /// Whoever was asked first for what a hedge has answered was too slow.
    private func overtake(_ winner: Asked, health: inout FleetHealth, at now: Instant) {
        guard winner.call.reason == .hedge else { return }
        let keys = Set(winner.call.share.keys)
        for slow in asked.values where !keys.isDisjoint(with: slow.call.share.keys) {
            health.failed(slow.call.share.worker, at: now)
        }
    }
}
