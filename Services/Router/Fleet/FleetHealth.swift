/// How fast and how reliably the workers have answered lately, and what may be spent on doubt.
struct FleetHealth: Sendable {
    typealias Instant = ContinuousClock.Instant

    private var workers: [WorkerID: WorkerHealth] = [:]
    private var budget = HedgeBudget()

    /// Those of `candidates` that may be asked. When more than half of them are ejected the fault
    /// is likelier ours or everybody's than theirs: then all may.
    func usable(_ candidates: [WorkerID], at now: Instant) -> [WorkerID] {
        let trusted = candidates.filter { !isEjected($0, at: now) }
        return trusted.count * 2 >= candidates.count ? trusted : candidates
    }

    private func isEjected(_ worker: WorkerID, at now: Instant) -> Bool {
        workers[worker]?.isEjected(at: now) ?? false
    }

    /// How long to wait for a share before another replica is asked, too.
    func hedgeDelay(of share: WorkerShare) -> Duration {
        workers[share.worker, default: WorkerHealth()].hedgeDelay(rowLoad: share.rowLoad)
    }

    mutating func mayHedge() -> Bool { budget.spend() }

    mutating func succeeded(_ share: WorkerShare, after duration: Duration, at now: Instant) {
        budget.earn()
        workers[share.worker, default: WorkerHealth()]
            .succeeded(after: duration, rowLoad: share.rowLoad)
    }

    /// It gave no answer, or another replica that was asked later gave it earlier.
    mutating func failed(_ worker: WorkerID, at now: Instant) {
        workers[worker, default: WorkerHealth()].failed(at: now)
    }

    /// A new connection is a new beginning.
    mutating func forget(_ worker: WorkerID) { workers[worker] = nil }
}

/// One worker's record. After three failures in a row it is not asked for a while: a second, and
/// longer each time, at most thirty (Envoy's outlier ejection, in the time scale of a mesh).
struct WorkerHealth: Sendable {
    static let failureCountMax = 3
    static let ejectionStep = Duration.seconds(1)
    static let ejectionMax = Duration.seconds(30)
    /// Below it a hedge costs more than it saves.
    static let hedgeDelayMin = Duration.milliseconds(20)
    /// As long as too few answers are known to tell what is slow.
    static let hedgeDelayUnknown = Duration.seconds(1)

    private var latencies: [Int: LatencyWindow] = [:]
    private var failureCount = 0
    private var ejectionCount = 0
    private var ejectedUntil: ContinuousClock.Instant?

    func isEjected(at now: ContinuousClock.Instant) -> Bool {
        ejectedUntil.map { now < $0 } ?? false
    }

    /// Twice the 95th percentile of exchanges of about this size.
    func hedgeDelay(rowLoad: Int) -> Duration {
        guard let slow = latencies[Self.sizeClass(rowLoad)]?.percentile95 else {
            return Self.hedgeDelayUnknown
        }
        return max(slow * 2, Self.hedgeDelayMin)
    }

    mutating func succeeded(after duration: Duration, rowLoad: Int) {
        latencies[Self.sizeClass(rowLoad), default: LatencyWindow()].add(duration)
        failureCount = 0
        ejectionCount = 0
    }

    mutating func failed(at now: ContinuousClock.Instant) {
        failureCount += 1
        guard failureCount >= Self.failureCountMax else { return }
        failureCount = 0
        ejectionCount += 1
        ejectedUntil = now + min(Self.ejectionStep * ejectionCount, Self.ejectionMax)
    }

    /// Exchanges are compared with those of the same power of two of rows.
    private static func sizeClass(_ rowLoad: Int) -> Int {
        Int.bitWidth - max(rowLoad, 1).leadingZeroBitCount
    }
}

/// The latest durations of something, a bounded number of them.
struct LatencyWindow: Sendable {
    static let countMax = 64
    static let countMin = 16

    private var durations: [Duration] = []
    private var next = 0
    /// Nil until enough are known. Brought up to date once per `countMin` additions.
    private(set) var percentile95: Duration?

    mutating func add(_ duration: Duration) {
        if durations.count < Self.countMax {
            durations.append(duration)
        } else {
            durations[next] = duration
        }
        next = (next + 1) % Self.countMax
        guard next.isMultiple(of: Self.countMin) else { return }
        percentile95 = durations.sorted()[durations.count * 95 / 100]
    }
}

/// Hedges are at most a fifth of all exchanges, and three to begin with.
struct HedgeBudget: Sendable {
    static let share = 0.2
    static let max = 10.0

    private var credit = 3.0

    mutating func earn() { credit = Swift.min(credit + Self.share, Self.max) }

    mutating func spend() -> Bool {
        guard credit >= 1 else { return false }
        credit -= 1
        return true
    }
}
