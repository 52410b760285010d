import Checkpoint
import Testing

@testable import Router

private let served = revision(layers: 2, experts: 4)

/// A fleet whose workers do at once what they are told.
struct FleetBench {
    var state: FleetState

    init(replicas: Int = 1, serving: Revision = served) {
        state = FleetState(
            planner: PlacementPlanner(replicaCount: replicas), numericClass: "here",
            serving: serving)
    }

    mutating func join(
        _ worker: WorkerID, byteCount: Int = 1_000, numericClass: String = "here",
        resident: Set<ArtifactDigest> = []
    ) {
        state.join(
            worker, capacityByteCount: byteCount, host: "", numericClass: numericClass,
            resident: resident)
    }

    mutating func confirm(_ assignment: FleetState.Assignment) {
        state.confirmed(
            assignment, residentByteCount: assignment.digests.count * 10, failures: [:], at: .now)
    }

    /// Carries out assignments until there are none.
    /// - Returns: The fewest live copies that any served expert had meanwhile.
    mutating func settle() -> Int {
        var fewest = Int.max
        for _ in 0..<100 {
            let assignments = state.nextAssignments(at: .now)
            let copies = served.digests.map { state.live.workers(holding: $0).count }
            fewest = min(fewest, copies.min() ?? 0)
            if assignments.isEmpty { return fewest }
            for assignment in assignments { confirm(assignment) }
        }
        Issue.record("the fleet does not settle")
        return fewest
    }
}
