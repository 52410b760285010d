internal import Checkpoint
internal import JSON

/// Typed and bounded access to the values of a `config.json` or of GGUF metadata.
struct ConfigurationReader {
    let file: String
    private let values: [String: ConfigurationValue]

    init(file: String, values: [String: ConfigurationValue]) {
        self.file = file
        self.values = values
    }

    init(file: String, json: JSONValue) {
        self.init(file: file, values: ConfigurationValue.values(of: json.object ?? JSONObject()))
    }

    func contains(_ key: String) -> Bool { values[key] != nil }

    /// A whole number in `range`; `fallback` when the key is absent, and an error when there is
    /// none.
    func integer(
        _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
    ) throws(ModelError) -> Int {
        let absent = fallback.map { ConfigurationValue.integer($0) }
        let value = try required(values[key] ?? absent, key)
        guard case .integer(let number) = value, range ~= number else {
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw .invalid(key: key, expected: expected, file: file)
        }
        return number
    }

    /// A finite number in `range`.
    func float(
        _ key: String, in range: ClosedRange<Float>, default fallback: Float? = nil
    ) throws(ModelError) -> Float {
        guard let value = values[key] else { return try required(fallback, key) }
        guard let number = value.double.map(Float.init), range ~= number else {
            let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
            throw .invalid(key: key, expected: expected, file: file)
        }
        return number
    }

    func boolean(_ key: String, default fallback: Bool? = nil) throws(ModelError) -> Bool {
        guard let value = values[key] else { return try required(fallback, key) }
        guard case .boolean(let answer) = value else {
            throw .invalid(key: key, expected: "true or false", file: file)
        }
        return answer
    }

    func string(_ key: String, default fallback: String? = nil) throws(ModelError) -> String {
        guard let value = values[key] else { return try required(fallback, key) }
        guard case .string(let text) = value else {
            throw .invalid(key: key, expected: "a string", file: file)
        }
        return text
    }

    /// A list of whole numbers; empty when the key is absent.
    func integers(_ key: String) throws(ModelError) -> [Int] {
        guard let value = values[key] else { return [] }
        guard case .integers(let numbers) = value else {
            throw .invalid(key: key, expected: "a list of whole numbers", file: file)
        }
        return numbers
    }

    /// The members of an object; nil when the key is absent.
    func object(_ key: String) throws(ModelError) -> ConfigurationReader? {
        guard let value = values[key] else { return nil }
        guard case .object(let members) = value else {
            throw .invalid(key: key, expected: "an object", file: file)
        }
        return ConfigurationReader(file: file, values: members)
    }

    func unsupported(_ feature: String) -> ModelError { .unsupported(feature: feature, file: file) }

    private func required<Value>(_ fallback: Value?, _ key: String) throws(ModelError) -> Value {
        guard let fallback else { throw .missing(key: key, file: file) }
        return fallback
    }
}

/// What both formats can say. JSON's null is the same as saying nothing.
enum ConfigurationValue {
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case string(String)
    case integers([Int])
    case object([String: ConfigurationValue])
    case other

    init?(_ json: JSONValue) {
        switch json {
        case .null: return nil
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .bool(let value): self = .boolean(value)
        case .string(let value): self = .string(value)
        case .object(let object): self = .object(Self.values(of: object))
        case .array(let elements):
            let numbers = elements.compactMap(\.integer)
            self = numbers.count == elements.count ? .integers(numbers) : .other
        }
    }

    static func values(of object: JSONObject) -> [String: ConfigurationValue] {
        let pairs = object.members.compactMap { member in
            ConfigurationValue(member.value).map { (member.name, $0) }
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    init(_ value: GGUFValue) {
        switch value {
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .boolean(let value): self = .boolean(value)
        case .string(let value): self = .string(value)
        case .integers(let values): self = .integers(values)
        case .numbers, .booleans, .strings: self = .other
        }
    }

    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
