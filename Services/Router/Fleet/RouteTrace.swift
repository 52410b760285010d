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

    /// - Parameters:
    ///   - routings: Of the request's rows in the layer.
    ///   - artifacts: The experts of the layer in the request's revision.
    mutating func record(
        layer: Int, routings: ArraySlice<Routing>, artifacts: [ExpertArtifact],
        workers: [ExpertKey: WorkerID]
    ) {
        for choice in routings.lazy.flatMap(\.choices) {
            let expert = ExpertID(layer: layer, expert: choice.expert)
            let key = ExpertKey(expert: choice.expert, digest: artifacts[choice.expert].digest)
            uses[expert, default: Use()].rowCount += 1
            uses[expert, default: Use()].weightMass += choice.weight
            if let worker = workers[key] {
                uses[expert, default: Use()].workers.insert(worker)
            }
        }
    }
}
