internal import HTTP
internal import JSON

/// Attributes as the catalog keeps them: one JSON object.
enum AttributeText {
    static func encode(_ attributes: [String: AttributeValue]) -> String {
        var object = JSONObject()
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            object[name] = json(value)
        }
        return JSONValue.object(object).description
    }

    /// What `encode` wrote; a member of another kind is no attribute.
    static func decode(_ text: String) -> [String: AttributeValue] {
        guard case .object(let object)? = try? JSONValue(parsing: text) else { return [:] }
        let pairs = object.members.compactMap { member in
            value(member.value).map { (member.name, $0) }
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private static func json(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .number(let number): .number(number)
        case .bool(let bool): .bool(bool)
        }
    }

    private static func value(_ json: JSONValue) -> AttributeValue? {
        json.string.map { .string($0) } ?? json.bool.map { .bool($0) }
            ?? json.number.map { .number($0) }
    }
}
