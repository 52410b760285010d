/// A JSON document (RFC 8259), read strictly: one value, UTF-8, no name twice in an object, bounded
/// depth.
public enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// A number with fraction or exponent, or too large for `integer`; always finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Throws `malformed` with the byte offset; `path` is only for the error.
    public init(parsing bytes: [UInt8], path: String) throws(CheckpointError) {
        var parser = JSONParser(bytes: bytes, path: path)
        self = try parser.document()
    }

    /// The value of `.boolean`, else nil.
    public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    /// The value of `.integer`, else nil.
    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    /// The value of `.string`, else nil.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements of `.array`, else nil.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members of `.object`, else nil.
    public var object: [String: JSONValue]? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Any number.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The member of an object; nil when it is missing or `self` is no object.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// Indented by two spaces, members sorted by name: equal values give equal bytes. Ends with a
    /// line feed.
    public func encoded() -> [UInt8] {
        var text = ""
        write(to: &text, indent: "")
        return Array((text + "\n").utf8)
    }

    private func write(to text: inout String, indent: String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += String(value)
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            Self.writeList(values, "[]", to: &text, indent) { value, text, indent in
                value.write(to: &text, indent: indent)
            }
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            Self.writeList(sorted, "{}", to: &text, indent) { member, text, indent in
                Self.write(member.key, to: &text)
                text += ": "
                member.value.write(to: &text, indent: indent)
            }
        }
    }

    private static func writeList<Element>(
        _ elements: [Element], _ brackets: String, to text: inout String, _ indent: String,
        _ writeElement: (Element, inout String, String) -> Void
    ) {
        if elements.isEmpty { return text += brackets }
        let inner = indent + "  "
        var separator = String(brackets.first!)  // both callers pass two characters
        for element in elements {
            text += separator + "\n" + inner
            writeElement(element, &text, inner)
            separator = ","
        }
        text += "\n" + indent + String(brackets.last!)
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
