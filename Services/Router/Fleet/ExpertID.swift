internal import JSON
internal import Wire

/// One expert of one layer of the served model.
struct ExpertID: Hashable, Comparable, Sendable {
    let layer: Int
    let expert: Int

    static func < (left: ExpertID, right: ExpertID) -> Bool {
        (left.layer, left.expert) < (right.layer, right.expert)
    }

    var json: JSONValue {
        .members([("layer", .integer(layer)), ("expert", .integer(expert))])
    }
}

extension [ExpertID] {
    /// The first of them, and how many there are.
    var words: String {
        guard let first else { return "nothing" }
        let name = "expert \(first.expert) of layer \(first.layer)"
        return count == 1 ? name : "\(name) and \(count - 1) more"
    }
}

/// A worker's name, unique among the connected workers of a router.
struct WorkerID: Hashable, Comparable, Sendable {
    let name: String

    init(name: String) { self.name = name }

    /// Nil for what is no `WorkerName`.
    init?(validating name: String) {
        guard WorkerName.isValid(name) else { return nil }
        self.name = name
    }

    static func < (left: WorkerID, right: WorkerID) -> Bool { left.name < right.name }
}
