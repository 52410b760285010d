import Checkpoint
import Support

@testable import Router

/// A mesh in one thread and no time: the production code of membership, placement, dispatch, retry,
/// revisions and of a worker's memory, between processes and a network that fail as the seed says.
final class Simulation {
    enum Event {
        case start(Int)
        case crash(Int)
        case pause(Int)
        case resume(Int)
        case hold(worker: Int, connection: Int, FleetState.Assignment)
        case loaded(worker: Int, connection: Int, SimulatedWorker.Loading)
        case dispatch(worker: Int, connection: Int, request: Int, step: Int, call: Int)
        /// The router notices that a connection has ended.
        case lost(worker: Int, connection: Int)
        case hello(worker: Int, connection: Int)
        case held(
            worker: Int, connection: Int, FleetState.Assignment, failures: [ArtifactDigest: String])
        case refused(worker: Int, connection: Int, FleetState.Assignment)
        case answer(request: Int, step: Int, call: Int)
        case failure(request: Int, step: Int, call: Int)
        case wake(request: Int, step: Int)
        case deadline(request: Int)
        case release(revision: Int)
        case arrival
        case operation
        case drain(Int)
        case look
        case heal
    }

    /// What an invariant found.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    static let faultyTime = Duration.seconds(20)
    static let healedTime = Duration.seconds(60)
    static let layerCount = 2
    static let expertCount = 4
    static let artifactByteCount = 10
    static let silenceMax = 1.0
    static let exchangeMax = Duration.seconds(10)
    /// The engine looks at deadlines between steps; nothing may be later than this.
    static let lateness = Duration.milliseconds(250)

    let mistake: PlantedMistake?
    var random: SplitMix64
    var faults: Faults
    let origin = ContinuousClock.now
    var now = Duration.zero
    var queue = EventQueue<Event>()
    var violation: Violation?
    var counts = Counts()

    var workers: [SimulatedWorker] = []
    var fleet: FleetState
    var health = FleetHealth()
    /// Which connection of a worker the router believes in.
    var fleetConnection: [Int: Int] = [:]
    /// When the last holder of an artifact has gone.
    var heldUntil: [ArtifactDigest: Duration] = [:]
    /// When the last worker has gone.
    var aloneSince = Duration.zero
    var routerStandsStillUntil = Duration.zero
    /// The most that one standstill of the router may take.
    let longestStandstill = Duration.milliseconds(500)

    var requests: [SimulatedRequest] = []
    /// Those that have not ended, in the order of their arrival.
    var running: [SimulatedRequest] = []

    var book = RevisionBook(serving: Revision.initialNumber)
    /// The revisions that the book wants held.
    var held: [Int: Revision]
    /// What the fleet was last told to hold.
    var told = [Revision.initialNumber]
    /// Of which every artifact was held when the book was told so.
    var staged: Set<Int> = [Revision.initialNumber]

    init(seed: UInt64, mistake: PlantedMistake? = nil) {
        self.mistake = mistake
        random = SplitMix64(seed: seed)
        faults = Faults(&random)
        held = [Revision.initialNumber: Self.initial]
        let replicas = Int.random(in: 1...3, using: &random)
        fleet = FleetState(
            planner: PlacementPlanner(replicaCount: replicas), numericClass: "here",
            serving: Self.initial)
        let demand = Self.layerCount * Self.expertCount * Self.artifactByteCount
        for number in 0..<Int.random(in: 2...5, using: &random) {
            workers.append(
                SimulatedWorker(
                    id: WorkerID(name: "w\(number)"),
                    capacityByteCount: Int.random(in: demand / 2...demand * 3, using: &random),
                    slowness: random.chance(faults.slowShare) ? faults.slowness : 1))
        }
    }

    /// Runs the faulty part, then the healed one.
    /// - Throws: the first `Violation`.
    func run() throws {
        schedule()
        while let (time, event) = queue.next(), time < Self.faultyTime + Self.healedTime {
            now = max(time, now)
            counts.events += 1
            handle(event)
            if let violation { throw violation }
        }
        try checkEnd()
    }

    private func schedule() {
        for worker in workers.indices {
            queue.add(.start(worker), at: random.duration(0...1))
            plan(worker, rate: faults.crash, .crash(worker))
            plan(worker, rate: faults.pause, .pause(worker))
        }
        for _ in 0..<Int.random(in: 4...12, using: &random) {
            queue.add(.arrival, at: random.duration(0...19))
        }
        for _ in 0..<Int.random(in: 0...10, using: &random) {
            queue.add(.operation, at: random.duration(1...19))
        }
        if random.chance(0.3) {
            let worker = Int.random(in: workers.indices, using: &random)
            queue.add(.drain(worker), at: random.duration(2...16))
        }
        queue.add(.heal, at: Self.faultyTime)
    }

    private func plan(_ worker: Int, rate: Double, _ event: Event) {
        let seconds = Double(Self.faultyTime / .seconds(1))
        for _ in 0..<Int(rate * seconds * 2) where random.chance(0.5) {
            queue.add(event, at: random.duration(0...seconds))
        }
    }

    /// From now on nothing fails: what has died comes back, and everything must become well.
    func heal() {
        faults = .none
        for worker in workers.indices {
            if workers[worker].isPaused { later(.resume(worker), by: .zero) }
            let isLeaving = fleet.members[workers[worker].id]?.isLeaving ?? false
            if isLeaving { later(.crash(worker), by: .zero) }
            later(.start(worker), by: .milliseconds(10))
        }
        for second in 20...22 { later(.arrival, by: .seconds(second)) }
    }

    var isHealed: Bool { now > Self.faultyTime }

    func instant(_ time: Duration) -> ContinuousClock.Instant { origin + time }

    func later(_ event: Event, by delay: Duration) { queue.add(event, at: now + delay) }

    func index(of id: WorkerID) -> Int? { workers.firstIndex { $0.id == id } }
}

extension Simulation {
    /// What has happened in a run.
    struct Counts: Equatable {
        var events = 0
        var completed = 0
        var failed = 0
        var refused = 0
        var answers = 0
        var hedges = 0
        var promotions = 0
        var rollbacks = 0
        var canaryRequests = 0
    }

    /// What serves at first.
    static let initial = Revision(
        number: Revision.initialNumber,
        experts: (0..<layerCount).map { layer in
            (0..<expertCount).map { artifact(layer * expertCount + $0) }
        },
        gates: [:])

    /// A made-up artifact.
    static func artifact(_ number: Int) -> ExpertArtifact {
        ExpertArtifact(digest: digests[number], byteCount: artifactByteCount)
    }

    /// Made once, since all runs take the same few.
    private static let digests = (0..<1000).map { number in
        ArtifactDigest(of: Array("artifact \(number)".utf8))
    }
}
