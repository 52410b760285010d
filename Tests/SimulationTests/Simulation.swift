import Checkpoint
import Support

@testable import Router

/// A mesh in one thread and no time: the production code of membership, placement, dispatch, retry
/// and revisions, between workers and a network that fail as the seed says.
final class Simulation {
    enum Event {
        case start(Int)
        case crash(Int)
        case pause(Int)
        case resume(Int)
        /// The router notices that a connection has ended.
        case lost(worker: Int, connection: Int)
        case hello(worker: Int, connection: Int)
        case hold(worker: Int, connection: Int, FleetState.Assignment)
        case held(
            worker: Int, connection: Int, FleetState.Assignment, failures: [ArtifactDigest: String])
        case dispatch(worker: Int, connection: Int, request: Int, step: Int, call: Int)
        case answer(request: Int, step: Int, call: Int)
        case failure(request: Int, step: Int, call: Int)
        case wake(request: Int, step: Int)
        case arrival
        case edit
        case promotion
        case drain(Int)
        case look
        case release
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
    var workers: [SimulatedWorker]
    var fleet: FleetState
    var health = FleetHealth()
    var requests: [Int: SimulatedRequest] = [:]
    var lastRequest = 0
    var serving: Revision
    var candidate: Revision?
    var revisionCount = 1
    /// Which connection of a worker the router believes in.
    var fleetConnection: [Int: Int] = [:]
    /// When the last holder of an artifact has gone.
    var heldUntil: [ArtifactDigest: Duration] = [:]
    /// When the last worker has gone.
    var aloneSince = Duration.zero
    var routerStandsStillUntil = Duration.zero
    /// The most that one standstill of the router may take.
    let longestStandstill = Duration.milliseconds(500)
    var violation: Violation?
    var eventCount = 0
    var completeCount = 0
    var failedCount = 0
    var refusedCount = 0
    var hedgeCount = 0
    var answerCount = 0

    init(seed: UInt64, mistake: PlantedMistake? = nil) {
        self.mistake = mistake
        random = SplitMix64(seed: seed)
        faults = Faults(&random)
        serving = Self.revision(1, base: 0, changing: [])
        let replicas = Int.random(in: 1...3, using: &random)
        fleet = FleetState(
            planner: PlacementPlanner(replicaCount: replicas), numericClass: "here",
            serving: serving)
        workers = []
        let demand = Self.layerCount * Self.expertCount * 10
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
            eventCount += 1
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
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            queue.add(.edit, at: random.duration(1...16))
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

    func instant(_ time: Duration) -> ContinuousClock.Instant { origin + time }

    func later(_ event: Event, by delay: Duration) { queue.add(event, at: now + delay) }

    /// A revision that differs from the first in the experts `changing`.
    static func revision(_ number: Int, base: Int, changing: Set<Int>) -> Revision {
        Revision(
            number: number,
            experts: (0..<layerCount).map { layer in
                (0..<expertCount).map { expert in
                    let place = layer * expertCount + expert
                    let artifact = changing.contains(place) ? base + place : place
                    return ExpertArtifact(digest: digest(artifact), byteCount: 10)
                }
            },
            gates: [:])
    }

    /// The digest of a made-up artifact: made once, since a run needs few.
    static func digest(_ number: Int) -> ArtifactDigest { digests[number] }
    private static let digests = (0..<1000).map { number in
        ArtifactDigest(of: Array("artifact \(number)".utf8))
    }
}
