/// The filters that a chat template may use.
enum TemplateFilter: String {
    case trim, upper, lower, title, capitalize, replace, indent, join, string, safe, tojson
    case length, count, first, last, list, items, reverse, unique
    case `default`, d, int, float, abs
    case map, select, reject, selectattr, rejectattr
}

extension TemplateInterpreter {
    mutating func apply(
        _ filter: TemplateFilter, to value: TemplateValue, _ call: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        switch filter {
        case .trim, .upper, .lower, .title, .capitalize, .replace, .indent, .string, .safe:
            let text = try text(of: value)
            try charge(bytes: text.cost * 2)
            return TemplateValue(.text(try apply(filter, to: text, call)))
        case .tojson:
            return TemplateValue(
                .text(try json(value, indent: call.argument(0, "indent")?.integer)))
        case .default, .d:
            return try fallback(value, call)
        case .int, .float, .abs:
            return try number(filter, value, call)
        case .length, .count:
            return .integer(try length(of: value))
        case .map, .select, .reject, .selectattr, .rejectattr:
            return try filtered(filter, value, call)
        default:
            return try sequence(filter, value, call)
        }
    }

    private mutating func apply(
        _ filter: TemplateFilter, to text: MarkedText, _ call: TemplateCall
    ) throws(TokenizationError) -> MarkedText {
        switch filter {
        case .trim: stripped(text, call.argument(0, "chars")?.markedText)
        case .upper: text.mapped { $0.uppercased() }
        case .lower: text.mapped { $0.lowercased() }
        case .title: Self.titled(text)
        case .capitalize: Self.capitalized(text)
        case .replace: try replaced(text, call)
        case .indent: try indented(text, call)
        default: text
        }
    }

    /// Lines after the first moved to the right; the first too when asked.
    private mutating func indented(
        _ text: MarkedText, _ call: TemplateCall
    ) throws(TokenizationError) -> MarkedText {
        let width = min(max(call.argument(0, "width")?.integer ?? 4, 0), 64)
        let margin = MarkedText(String(repeating: " ", count: width), isTrusted: true)
        let lineEnd = MarkedText("\n", isTrusted: true)
        var lines = text.parts(between: text.ranges(of: lineEnd))
        let indentsFirst = call.argument(1, "first")?.isTrue ?? false
        let indentsBlank = call.argument(2, "blank")?.isTrue ?? false
        for index in lines.indices where index > 0 || indentsFirst {
            if index == 0 || indentsBlank || !lines[index].isEmpty {
                lines[index] = margin + lines[index]
            }
        }
        return try joined(lines, with: lineEnd)
    }

    private func fallback(
        _ value: TemplateValue, _ call: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        let alsoForFalse = call.argument(1, "boolean")?.isTrue ?? false
        let isReplaced = value.isUndefined || (alsoForFalse && !value.isTrue)
        return isReplaced ? call.argument(0, "default_value") ?? .trusted("") : value
    }

    private func number(
        _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        let number = value.number ?? value.markedText.flatMap { Self.number(in: $0.text) }
        switch filter {
        case .abs:
            if let integer = value.integer, integer != .min { return .integer(Swift.abs(integer)) }
            guard let number = value.number else { throw error("abs of \(value.kindName)") }
            return .float(Swift.abs(number))
        case .float:
            return .float(number ?? 0)
        default:
            if let integer = value.integer { return .integer(integer) }
            return number.flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .integer($0) }
                ?? call.argument(0, "default") ?? .integer(0)
        }
    }

    private static func number(in text: String) -> Double? {
        let trimmed = text.split { $0.isWhitespace }
        return trimmed.count == 1 ? Double(trimmed[0]) : nil
    }

    private mutating func length(of value: TemplateValue) throws(TokenizationError) -> Int {
        switch value.kind {
        case .undefined: return 0
        case .text(let text):
            try charge(bytes: text.cost)
            return text.characterCount
        case .list(let elements): return elements.count
        case .dictionary(let entries): return entries.count
        default: throw error("the length of \(value.kindName)")
        }
    }

    private mutating func sequence(
        _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        if filter == .items {
            guard case .dictionary(let entries) = value.kind else { return .list([]) }
            try charge(steps: entries.count)
            return try checked(
                .list(entries.map { .list([TemplateValue(.text($0.key)), $0.value]) }))
        }
        let elements = try elements(of: value)
        switch filter {
        case .first: return elements.first ?? .undefined
        case .last: return elements.last ?? .undefined
        case .list: return .list(elements)
        case .reverse: return try reversed(value, elements)
        case .unique: return .list(try unique(elements))
        default:
            let separator = try text(of: call.argument(0, "d") ?? .trusted(""))
            return try joined(
                try attributes(of: .list(elements), call.argument(1, "attribute")), with: separator)
        }
    }

    private mutating func reversed(
        _ value: TemplateValue, _ elements: [TemplateValue]
    ) throws(TokenizationError) -> TemplateValue {
        guard value.markedText != nil else { return .list(elements.reversed()) }
        return try joined(.list(elements.reversed()), with: MarkedText())
    }

    private mutating func unique(
        _ elements: [TemplateValue]
    ) throws(TokenizationError) -> [TemplateValue] {
        var unique: [TemplateValue] = []
        for element in elements where !(try compare(element, "in", .list(unique))) {
            unique.append(element)
        }
        return unique
    }
}

// Filters that apply something to each element.
extension TemplateInterpreter {
    private mutating func attributes(
        of value: TemplateValue, _ attribute: TemplateValue?
    ) throws(TokenizationError) -> TemplateValue {
        guard let attribute = attribute?.markedText else { return value }
        var values: [TemplateValue] = []
        for element in try elements(of: value) {
            values.append(try self.attribute(attribute, of: element))
        }
        return .list(values)
    }

    /// A member of a member, by names with dots between.
    private mutating func attribute(
        _ path: MarkedText, of value: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        var value = value
        for name in path.text.split(separator: ".") { value = try member(String(name), of: value) }
        return value
    }

    private mutating func filtered(
        _ filter: TemplateFilter, _ value: TemplateValue, _ call: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        if filter == .map { return try mapped(value, call) }
        let byAttribute = filter == .selectattr || filter == .rejectattr
        let attribute = byAttribute ? call.positional.first?.markedText : nil
        if byAttribute && attribute == nil { throw error("\(filter.rawValue) wants a name") }
        var rest = call.positional.dropFirst(byAttribute ? 1 : 0)
        let name = rest.popFirst()?.markedText?.text
        guard let test = name.map(TemplateTest.init(named:)) ?? .isTrue else {
            throw error("the test \(name ?? "") is not supported")
        }
        var kept: [TemplateValue] = []
        for element in try elements(of: value) {
            try charge()
            let subject = try attribute.map { a throws(TokenizationError) in
                try self.attribute(a, of: element)
            }
            let isMatch = try apply(test, to: subject ?? element, Array(rest))
            if isMatch == (filter == .select || filter == .selectattr) { kept.append(element) }
        }
        return .list(kept)
    }

    private mutating func mapped(
        _ value: TemplateValue, _ call: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        if let attribute = call.argument(.max, "attribute") {
            return try attributes(of: value, attribute)
        }
        guard let name = call.positional.first?.markedText?.text,
            let filter = TemplateFilter(rawValue: name), filter != .map
        else { throw error("map wants the name of a filter, or an attribute") }
        let rest = TemplateCall(positional: Array(call.positional.dropFirst()), named: call.named)
        var values: [TemplateValue] = []
        for element in try elements(of: value) {
            values.append(
                try nested { i throws(TokenizationError) in try i.apply(filter, to: element, rest) }
            )
        }
        return try checked(.list(values))
    }
}
