/// A JSON value of a tokenizer file.
///
/// Not read through `Codable`: a vocabulary is one object with up to 262,144 keys, and keys of a
/// `Dictionary` that are canonically equivalent ("é" in its two spellings) would fall together.
enum JSON: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    /// Members in the order of the file.
    case object([(key: String, value: JSON)])

    /// The member of that name; nil when it is absent or null. Of two the later counts.
    subscript(key: String) -> JSON? {
        guard case .object(let members) = self,
            let value = members.last(where: { $0.key == key })?.value
        else { return nil }
        if case .null = value { return nil }
        return value
    }

    var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    var array: [JSON]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    var members: [(key: String, value: JSON)]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The number as a count or an identifier; nil when it is not a whole number of 32 bits.
    var integer: Int? {
        guard case .number(let value) = self, let whole = Int32(exactly: value) else { return nil }
        return Int(whole)
    }

    /// The member `type`, by which tokenizer files name their components.
    var type: String { self["type"]?.string ?? "a component without a type" }
}
