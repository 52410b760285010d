// How values are written.
extension TemplateInterpreter {
    /// Python's `str`.
    mutating func text(of value: TemplateValue) throws(TokenizationError) -> MarkedText {
        switch value.kind {
        case .undefined: return MarkedText()
        case .text(let text): return text
        case .list, .dictionary: return try representation(of: value)
        default: return MarkedText(plainText(of: value), isTrusted: true)
        }
    }

    /// Numbers, truth values and nothing, in Python's spelling.
    private func plainText(of value: TemplateValue) -> String {
        switch value.kind {
        case .none: "None"
        case .boolean(let value): value ? "True" : "False"
        case .integer(let value): String(value)
        case .float(let value): value.description
        case .namespace: "<namespace>"
        case .function(let name): "<function \(name)>"
        case .macro: "<macro>"
        default: ""
        }
    }

    /// Python's `repr`, as lists and mappings show their elements.
    private mutating func representation(of value: TemplateValue) throws(TokenizationError)
        -> MarkedText
    {
        try charge()
        switch value.kind {
        case .text(let text):
            return try quoted(text)
        case .list(let elements):
            var parts: [MarkedText] = []
            for element in elements { parts.append(try representation(of: element)) }
            return try enclosed("[", parts, "]")
        case .dictionary(let entries):
            var parts: [MarkedText] = []
            for entry in entries {
                let value = try representation(of: entry.value)
                parts.append(try quoted(entry.key) + MarkedText(": ", isTrusted: true) + value)
            }
            return try enclosed("{", parts, "}")
        default:
            return MarkedText(plainText(of: value), isTrusted: true)
        }
    }

    private mutating func enclosed(
        _ open: String, _ parts: [MarkedText], _ close: String
    ) throws(TokenizationError) -> MarkedText {
        var result = MarkedText(open, isTrusted: true)
        for (index, part) in parts.enumerated() {
            try charge(bytes: part.cost)
            if index > 0 { result.append(", ".utf8, isTrusted: true) }
            result.append(part)
        }
        result.append(close.utf8, isTrusted: true)
        return result
    }

    private mutating func quoted(_ text: MarkedText) throws(TokenizationError) -> MarkedText {
        try charge(bytes: text.cost)
        let hasSingle = text.bytes.contains(0x27)
        let quote = hasSingle && !text.bytes.contains(0x22) ? "\"" : "'"
        let inner = text.mapped { Self.escaped($0, quote: quote) }
        return MarkedText(quote, isTrusted: true) + inner + MarkedText(quote, isTrusted: true)
    }

    private static func escaped(_ text: String, quote: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "'" where quote == "'": result += "\\'"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// What a loop runs over: elements, keys of a mapping, characters.
    mutating func elements(of value: TemplateValue) throws(TokenizationError) -> [TemplateValue] {
        switch value.kind {
        case .undefined:
            return []
        case .list(let elements):
            try charge(steps: elements.count)
            return elements
        case .dictionary(let entries):
            try charge(steps: entries.count)
            return entries.map { TemplateValue(.text($0.key)) }
        case .text(let text):
            try charge(steps: text.characterCount, bytes: text.cost)
            return characters(of: text)
        default:
            throw error("\(value.kindName) has no elements")
        }
    }

    private func characters(of text: MarkedText) -> [TemplateValue] {
        var characters: [TemplateValue] = []
        for segment in text.segments {
            for scalar in segment.text.unicodeScalars {
                let text = MarkedText(String(scalar), isTrusted: segment.isTrusted)
                characters.append(TemplateValue(.text(text)))
            }
        }
        return characters
    }
}
