import Checkpoint

@testable import ExpertWorker
@testable import Router

/// A worker as the network shows it: it holds artifacts, computes, crashes, stands still. What it
/// holds is decided by the production code.
struct SimulatedWorker {
    let id: WorkerID
    let capacityByteCount: Int
    let slowness: Double
    var isRunning = false
    var isPaused = false
    /// Counts starts: what an earlier process was doing is done by nobody.
    var life = 0
    /// Counts connections: what was sent over a former one is not heard.
    var connection = 0
    var held: HeldArtifacts
    /// What arrived while it stood still.
    var waiting: [Simulation.Event] = []

    init(id: WorkerID, capacityByteCount: Int, slowness: Double) {
        self.id = id
        self.capacityByteCount = capacityByteCount
        self.slowness = slowness
        held = HeldArtifacts(byteCountMax: capacityByteCount)
    }

    var link: LinkID { LinkID(number: UInt(connection)) }

    /// Artifacts on their way into a worker's memory.
    final class Loading {
        let assignment: FleetState.Assignment
        let ticket: HeldArtifacts.Ticket
        let life: Int
        let loaded: [ArtifactDigest: Int]
        let failures: [ArtifactDigest: String]

        init(
            _ assignment: FleetState.Assignment, _ ticket: HeldArtifacts.Ticket, life: Int,
            failures: [ArtifactDigest: String]
        ) {
            self.assignment = assignment
            self.ticket = ticket
            self.life = life
            self.failures = failures
            let whole = ticket.missing.filter { failures[$0] == nil }
            loaded = Dictionary(
                uniqueKeysWithValues: whole.map { ($0, Simulation.artifactByteCount) })
        }
    }
}
