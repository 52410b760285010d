internal import JSON

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
    static let byteCountMax = 128
    /// To follow "a name is".
    static let rule = "1 to 128 letters, digits and -._:"

    let name: String

    init(name: String) { self.name = name }

    /// Nil unless the name is made of letters, digits and `-._:`, so that it can stand in reports,
    /// labels and paths as it is.
    init?(validating name: String) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._:".utf8.contains(byte)
            }
        }
        guard isPlain, 1...Self.byteCountMax ~= name.utf8.count else { return nil }
        self.name = name
    }

    static func < (left: WorkerID, right: WorkerID) -> Bool { left.name < right.name }
}
