public import JSON

/// The members of a request's object, taken out one by one. What is left at the end was not
/// understood, and is refused by name: a field that is ignored in silence is a wrong answer that
/// nobody sees.
public struct Fields {
    private var members: [String: JSONValue]
    private let order: [String]
    private let path: String

    /// - Parameter path: where the object stands in the request: `messages[0]`, empty for the
    ///   request itself.
    public init(_ value: JSONValue, path: String = "") throws(FrontDoorError) {
        guard case .object(let object) = value else {
            throw .wrongType(path.isEmpty ? nil : path, "an object", value)
        }
        self.path = path
        // Null is the same as absent, as official clients have it.
        let present = object.members.filter { $0.value != .null }
        order = present.map(\.name)
        members = [:]
        for member in present {
            // The parser tells names apart by their bytes; here composed and decomposed letters are
            // the same.
            guard members.updateValue(member.value, forKey: member.name) == nil else {
                let place = self.path(of: member.name)
                throw .invalid(
                    message: "'\(place)' is there twice, spelled with other code points",
                    param: place, code: "duplicate_parameter")
            }
        }
    }

    /// The members of a request's body.
    public init(body: [UInt8]) throws(FrontDoorError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: body)
        } catch {
            throw .invalid(
                message: "the body is not valid JSON: \(error)", param: nil, code: "invalid_json")
        }
        try self.init(value)
    }

    /// Where a member stands in the request: `layers[0].gate`.
    public func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// A member of any type; nil when it is absent.
    public mutating func take(_ name: String) -> JSONValue? { members.removeValue(forKey: name) }

    /// A member of any type that must be there.
    public mutating func required(_ name: String) throws(FrontDoorError) -> JSONValue {
        guard let value = take(name) else {
            throw .invalid(
                message: "missing required parameter: '\(path(of: name))'", param: path(of: name),
                code: "missing_required_parameter")
        }
        return value
    }

    /// - Throws: the first member that nobody took.
    public func end() throws(FrontDoorError) {
        guard let name = order.first(where: { members[$0] != nil }) else { return }
        throw .invalid(
            message: "unknown parameter: '\(path(of: name))'", param: path(of: name),
            code: "unknown_parameter")
    }

    // MARK: Typed

    /// A string that must be there.
    public mutating func string(_ name: String) throws(FrontDoorError) -> String {
        try Self.string(required(name), path(of: name))
    }

    /// A string, or nil when it is absent; so are all that follow.
    public mutating func optionalString(_ name: String) throws(FrontDoorError) -> String? {
        guard let value = take(name) else { return nil }
        return try Self.string(value, path(of: name))
    }

    /// True or false.
    public mutating func bool(_ name: String) throws(FrontDoorError) -> Bool? {
        guard let value = take(name) else { return nil }
        guard let bool = value.bool else { throw .wrongType(path(of: name), "a boolean", value) }
        return bool
    }

    /// A whole number within a range.
    public mutating func integer(
        _ name: String, in range: ClosedRange<Int>
    ) throws(FrontDoorError) -> Int? {
        guard let value = take(name) else { return nil }
        guard let integer = value.integer else {
            throw .wrongType(path(of: name), "an integer", value)
        }
        guard range.contains(integer) else {
            throw .outOfRange(path(of: name), "\(integer)", Self.words(range))
        }
        return integer
    }

    /// A number within a range.
    public mutating func number(
        _ name: String, in range: ClosedRange<Double>
    ) throws(FrontDoorError) -> Double? {
        guard let value = take(name) else { return nil }
        guard let number = value.number else { throw .wrongType(path(of: name), "a number", value) }
        guard range.contains(number) else {
            throw .outOfRange(
                path(of: name), "\(number)", "from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Values of any types.
    public mutating func array(_ name: String) throws(FrontDoorError) -> [JSONValue]? {
        guard let value = take(name) else { return nil }
        guard let array = value.array else { throw .wrongType(path(of: name), "an array", value) }
        return array
    }

    /// Strings.
    public mutating func strings(_ name: String) throws(FrontDoorError) -> [String]? {
        guard let array = try array(name) else { return nil }
        var strings: [String] = []
        for (index, value) in array.enumerated() {
            strings.append(try Self.string(value, "\(path(of: name))[\(index)]"))
        }
        return strings
    }

    /// A nested object; whoever reads it calls its `end`.
    mutating func object(_ name: String) throws(FrontDoorError) -> Fields? {
        guard let value = take(name) else { return nil }
        return try Fields(value, path: path(of: name))
    }

    /// A field that is known but that has only these values here: they change nothing.
    mutating func accept(_ name: String, _ neutral: JSONValue...) throws(FrontDoorError) {
        guard let value = take(name) else { return }
        // 0 and 0.0 are the same number.
        if neutral.contains(where: {
            $0 == value || ($0.number != nil && $0.number == value.number)
        }) {
            return
        }
        throw .unsupported(path(of: name), value, only: neutral)
    }

    static func string(_ value: JSONValue, _ path: String) throws(FrontDoorError) -> String {
        guard let string = value.string else { throw .wrongType(path, "a string", value) }
        return string
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max
            ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }
}

extension FrontDoorError {
    static func wrongType(_ param: String?, _ expected: String, _ value: JSONValue)
        -> FrontDoorError
    {
        let subject = param.map { "'\($0)'" } ?? "the body"
        return .invalid(
            message: "\(subject) must be \(expected), not \(value.kind)", param: param,
            code: "invalid_type")
    }

    static func outOfRange(_ param: String, _ value: String, _ range: String) -> FrontDoorError {
        .invalid(
            message: "'\(param)' is \(value); it must be \(range)", param: param,
            code: "invalid_value")
    }

    static func invalidValue(_ param: String, _ message: String) -> FrontDoorError {
        .invalid(message: "'\(param)' \(message)", param: param, code: "invalid_value")
    }

    /// A value of a known field that this server cannot honour.
    static func unsupported(_ param: String, _ value: JSONValue, only neutral: [JSONValue])
        -> FrontDoorError
    {
        let values = neutral.map(\.description).joined(separator: " or ")
        // A large value is not sent back whole.
        let shown = value.description.prefix(60)
        return .invalid(
            message: "'\(param)' of \(shown) is not supported here: only \(values)", param: param,
            code: "unsupported_value")
    }

    static func unsupportedParameter(_ param: String, _ reason: String) -> FrontDoorError {
        .invalid(
            message: "'\(param)' is not supported: \(reason)", param: param,
            code: "unsupported_parameter")
    }
}
