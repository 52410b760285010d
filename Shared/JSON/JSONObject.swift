/// The members of an object, each name once. They keep their order, so that what is written reads
/// like the documentation; two objects are equal whatever the order.
///
/// Names are told apart by their bytes: the two spellings of "é", composed or not, are two names,
/// as vocabularies need them to be.
public struct JSONObject: Sendable, Hashable {
    /// A name and its value.
    public struct Member: Sendable, Hashable {
        public let name: String
        public var value: JSONValue

        public static func == (left: Member, right: Member) -> Bool {
            left.name.utf8.elementsEqual(right.name.utf8) && left.value == right.value
        }
    }

    public private(set) var members: [Member] = []

    public init() {}

    /// The value of a member; setting nil removes it. Looks at one member after the other.
    public subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): append(name, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose name the caller knows to be new.
    public mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }

    /// Members by the bytes of their names.
    var sorted: [Member] {
        members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func index(of name: String) -> Int? {
        members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members == right.members
            || left.members.count == right.members.count && left.sorted == right.sorted
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(sorted) }
}

extension JSONObject {
    /// A name that occurs twice, if one does.
    ///
    /// Sorts instead of hashing: `String` gives all spellings of a text one hash, which a stranger
    /// could use to make a set slow, and a hash over bytes takes longer than this.
    var duplicate: String? {
        guard members.count > 1 else { return nil }
        let keys = members.indices.map { Key(start: Self.start(of: members[$0].name), index: $0) }
            .sorted { isBefore($0, $1) }
        return zip(keys, keys.dropFirst()).first { !isBefore($0, $1) }
            .map { members[$1.index].name }
    }

    /// A member, and the first bytes of its name, which nearly always tell it from the others.
    private struct Key {
        let start: UInt64
        let index: Int
    }

    /// The first eight bytes, big-endian; a shorter name ends in zeros.
    private static func start(of name: String) -> UInt64 {
        var start: UInt64 = 0
        var count = 0
        for byte in name.utf8 {
            start = start << 8 | UInt64(byte)
            count += 1
            if count == 8 { return start }
        }
        return start << (8 * UInt64(8 - count))
    }

    private func isBefore(_ left: Key, _ right: Key) -> Bool {
        left.start == right.start
            ? members[left.index].name.utf8.lexicographicallyPrecedes(
                members[right.index].name.utf8)
            : left.start < right.start
    }
}
