import Support

/// What goes wrong in one run, and how often. Every seed draws its own (swarm testing: Groce et al.
/// 2012), so that some runs have much of one fault and none of another.
struct Faults {
    /// Per worker and second.
    let crash: Double
    let pause: Double
    /// Seconds until a worker that has crashed is started again, at most.
    let outageMax: Double
    /// Per message.
    let loss: Double
    let corruption: Double
    let duplication: Double
    /// Seconds that a message takes at most.
    let delayMax: Double
    /// How many times longer a slow worker computes; chosen per worker.
    let slowness: Double
    let slowShare: Double
    /// Per artifact that is loaded.
    let damage: Double
    /// Seconds for which the router itself may stand still, per second of the run.
    let routerPause: Double

    init(_ random: inout SplitMix64) {
        func rate(_ most: Double) -> Double {
            random.chance(0.5) ? 0 : most * Double.random(in: 0...1, using: &random)
        }
        crash = rate(0.2)
        pause = rate(0.12)
        outageMax = 1 + rate(60)
        loss = rate(0.02)
        corruption = rate(0.01)
        duplication = rate(0.1)
        delayMax = 0.001 + rate(0.2)
        slowness = 1 + rate(50)
        slowShare = rate(0.5)
        damage = rate(0.02)
        routerPause = rate(0.1)
    }

    /// Nothing goes wrong any more.
    static let none = Faults()

    private init() {
        (crash, pause, loss, corruption, duplication) = (0, 0, 0, 0, 0)
        outageMax = 1
        (delayMax, slowness, slowShare, damage, routerPause) = (0.001, 1, 0, 0, 0)
    }
}

/// A mistake that is made on purpose, to see that it is found.
enum PlantedMistake: CaseIterable {
    /// A failed exchange may go to the same replica at once.
    case retryReachesTheSameReplica
    /// A revision is served before all of it is held.
    case servedBeforeItIsHeld
    /// A worker drops what it is told to drop without the rule of moves.
    case droppedBeforeAnotherHoldsIt
    /// Two answers to one question both count.
    case answersCountTwice
    /// A request is refused as soon as nobody holds an expert.
    case refusedWithoutGrace
    /// A request that runs does not keep its revision.
    case pinIsReleasedEarly
    /// A worker takes twice the memory that it has.
    case memoryIsOverdrawn
}
