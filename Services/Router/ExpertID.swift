/// One expert of one layer of the served model.
struct ExpertID: Hashable, Comparable, Sendable {
    let layer: Int
    let expert: Int

    static func < (left: ExpertID, right: ExpertID) -> Bool {
        (left.layer, left.expert) < (right.layer, right.expert)
    }
}

/// A worker's name, unique among the connected workers of a router.
struct WorkerID: Hashable, Comparable, Sendable {
    let name: String

    static func < (left: WorkerID, right: WorkerID) -> Bool { left.name < right.name }
}
