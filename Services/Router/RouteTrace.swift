internal import Model

/// What one request's tokens used: for each expert how often, with what weight, and who computed
/// it.
struct RouteTrace: Sendable {
    struct Use: Sendable {
        var rowCount = 0
        var weightMass: Float = 0
        var workers: Set<WorkerID> = []
    }

    private(set) var uses: [ExpertID: Use] = [:]

    mutating func record(layer: Int, routings: ArraySlice<Routing>, workers: [Int: WorkerID]) {
        for choice in routings.lazy.flatMap(\.choices) {
            let expert = ExpertID(layer: layer, expert: choice.expert)
            uses[expert, default: Use()].rowCount += 1
            uses[expert, default: Use()].weightMass += choice.weight
            if let worker = workers[choice.expert] {
                uses[expert, default: Use()].workers.insert(worker)
            }
        }
    }
}
