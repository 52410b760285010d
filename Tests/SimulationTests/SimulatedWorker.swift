import Checkpoint

@testable import Router

/// A worker as the network shows it: it holds artifacts, computes, crashes, stands still.
struct SimulatedWorker {
    let id: WorkerID
    let capacityByteCount: Int
    let slowness: Double
    var isRunning = false
    var isPaused = false
    /// Counts connections: what was sent over a former one is not heard.
    var connection = 0
    var held: Set<ArtifactDigest> = []
    /// What arrived while it stood still.
    var waiting: [Simulation.Event] = []
}
