// The filter `tojson`, which writes what Python's `json.dumps` writes with `ensure_ascii=False`.
extension TemplateInterpreter {
    mutating func json(_ value: TemplateValue, indent: Int?) throws(TokenizationError) -> MarkedText
    {
        var result = MarkedText()
        try write(value, indent: indent.map { min(max($0, 0), 16) }, level: 0, to: &result)
        return result
    }

    private mutating func write(
        _ value: TemplateValue, indent: Int?, level: Int, to result: inout MarkedText
    ) throws(TokenizationError) {
        try charge(bytes: 8)
        switch value.kind {
        case .text(let text):
            try write(string: text, to: &result)
        case .list(let elements):
            try write("[", "]", elements.count, indent, level, &result) {
                i, index, result throws(TokenizationError) in
                try i.write(elements[index], indent: indent, level: level + 1, to: &result)
            }
        case .dictionary(let entries):
            try write("{", "}", entries.count, indent, level, &result) {
                i, index, result throws(TokenizationError) in
                try i.write(string: entries[index].key, to: &result)
                result.append(": ".utf8, isTrusted: true)
                try i.write(entries[index].value, indent: indent, level: level + 1, to: &result)
            }
        default:
            result.append(try plainJSON(value).utf8, isTrusted: true)
        }
    }

    private func plainJSON(_ value: TemplateValue) throws(TokenizationError) -> String {
        switch value.kind {
        case .none: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .float(let value): return value.description
        default: throw error("\(value.kindName) as JSON")
        }
    }

    /// Brackets around `count` parts with commas between, each on a line of its own when indented.
    private mutating func write(
        _ open: String, _ close: String, _ count: Int, _ indent: Int?, _ level: Int,
        _ result: inout MarkedText,
        _ part: (inout TemplateInterpreter, Int, inout MarkedText) throws(TokenizationError) -> Void
    ) throws(TokenizationError) {
        result.append(open.utf8, isTrusted: true)
        for index in 0..<count {
            if index > 0 { result.append((indent == nil ? ", " : ",").utf8, isTrusted: true) }
            try breakLine(indent, level + 1, &result)
            try part(&self, index, &result)
        }
        if count > 0 { try breakLine(indent, level, &result) }
        result.append(close.utf8, isTrusted: true)
    }

    private mutating func breakLine(
        _ indent: Int?, _ level: Int, _ result: inout MarkedText
    ) throws(TokenizationError) {
        guard let indent else { return }
        try charge(bytes: indent * level + 1)
        let margin = String(repeating: " ", count: indent * level)
        result.append(("\n" + margin).utf8, isTrusted: true)
    }

    private mutating func write(
        string text: MarkedText, to result: inout MarkedText
    ) throws(TokenizationError) {
        try charge(bytes: text.cost * 2)
        result.append("\"".utf8, isTrusted: true)
        result.append(text.mapped(Self.escaped(json:)))
        result.append("\"".utf8, isTrusted: true)
    }

    private static func escaped(json text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\u{0}"..<" ": result += "\\u" + Self.fourDigits(scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func fourDigits(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
