// Functions, and methods of strings and mappings.
extension TemplateInterpreter {
    mutating func call(
        _ function: TemplateValue, _ arguments: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        switch function.kind {
        case .function(let name): return try call(function: name, arguments)
        case .macro(let number):
            return try nested { i throws(TokenizationError) in
                try i.call(macro: number, arguments.positional, arguments.named)
            }
        default: throw error("\(function.kindName) is called")
        }
    }

    private mutating func call(
        function name: String, _ arguments: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        switch name {
        case "raise_exception":
            let reason = try arguments.positional.first.map { v throws(TokenizationError) in
                try text(of: v)
            }
            throw .conversationRefused(reason: reason?.text ?? "no reason given")
        case "strftime_now":
            let format = arguments.positional.first?.markedText?.text ?? ""
            try charge(bytes: format.utf8.count * 10)
            return .trusted(now.formatted(format))
        case "namespace":
            let members = arguments.named.map { ($0.name, $0.value) }
            return makeNamespace(Dictionary(members, uniquingKeysWith: { $1 }))
        case "dict":
            let entries = arguments.named.map { (MarkedText($0.name, isTrusted: true), $0.value) }
            return try checked(TemplateValue(.dictionary(entries)))
        default:
            return try range(arguments.positional.compactMap(\.integer))
        }
    }

    private mutating func range(_ bounds: [Int]) throws(TokenizationError) -> TemplateValue {
        let start = bounds.count > 1 ? bounds[0] : 0
        let end = bounds.count > 1 ? bounds[1] : bounds.first ?? 0
        let step = bounds.count > 2 ? bounds[2] : 1
        // Beyond these bounds the arithmetic could overflow, and the list is too long anyhow.
        guard step != 0, (1...3).contains(bounds.count),
            bounds.allSatisfy({ $0.magnitude <= TemplateMaxima.stepCountMax })
        else { throw error("range without bounds, or with too large ones") }
        let count = max(0, (end - start) / step + 1)
        try charge(steps: count)
        return .list(stride(from: start, to: end, by: step).map { .integer($0) })
    }

    mutating func call(
        method name: String, of value: TemplateValue, _ written: TemplateArguments
    ) throws(TokenizationError) -> TemplateValue {
        let arguments = try values(of: written)
        switch value.kind {
        case .text(let text):
            try charge(bytes: text.cost * 2)
            return try call(method: name, of: text, arguments)
        case .dictionary(let entries):
            try charge(steps: entries.count)
            return try call(method: name, of: value, entries, arguments)
        default:
            return try call(try member(name, of: value), arguments)
        }
    }

    private mutating func call(
        method name: String, of value: TemplateValue,
        _ entries: [(key: MarkedText, value: TemplateValue)], _ arguments: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        switch name {
        case "items":
            return try checked(
                .list(entries.map { .list([TemplateValue(.text($0.key)), $0.value]) }))
        case "keys": return .list(entries.map { TemplateValue(.text($0.key)) })
        case "values": return .list(entries.map(\.value))
        case "get":
            guard let key = arguments.positional.first?.markedText else { return .none }
            return try entry(key, of: value) ?? arguments.argument(1, "default") ?? .none
        default: return try call(try member(name, of: value), arguments)
        }
    }

    private mutating func call(
        method name: String, of text: MarkedText, _ arguments: TemplateCall
    ) throws(TokenizationError) -> TemplateValue {
        let first = arguments.positional.first?.markedText
        switch name {
        case "strip": return .init(.text(stripped(text, first)))
        case "lstrip": return .init(.text(stripped(text, first, right: false)))
        case "rstrip": return .init(.text(stripped(text, first, left: false)))
        case "upper": return .init(.text(text.mapped { $0.uppercased() }))
        case "lower": return .init(.text(text.mapped { $0.lowercased() }))
        case "title": return .init(.text(Self.titled(text)))
        case "capitalize": return .init(.text(Self.capitalized(text)))
        case "startswith": return .boolean(try isMatched(arguments) { text.bytes.starts(with: $0) })
        case "endswith": return .boolean(try isMatched(arguments) { text.bytes.ends(with: $0) })
        case "split": return try split(text, arguments, fromEnd: false)
        case "rsplit": return try split(text, arguments, fromEnd: true)
        case "splitlines": return .list(Self.lines(of: text))
        case "replace": return .init(.text(try replaced(text, arguments)))
        case "join": return try joined(arguments.positional.first ?? .undefined, with: text)
        case "find": return .integer(try find(first, in: text))
        case "count": return .integer(text.ranges(of: try pattern(first)).count)
        case "removeprefix", "removesuffix":
            return .init(
                .text(removed(try pattern(first), from: text, isPrefix: name == "removeprefix")))
        default: throw error("strings have no method \(name) here")
        }
    }

    private func pattern(_ text: MarkedText?) throws(TokenizationError) -> MarkedText {
        guard let text, !text.isEmpty else { throw error("a pattern that is no text, or empty") }
        return text
    }

    func stripped(
        _ text: MarkedText, _ characters: MarkedText?, left: Bool = true, right: Bool = true
    ) -> MarkedText {
        guard let characters else {
            return text.stripped(left: left, right: right) { $0.isPythonSpace }
        }
        let set = Set(characters.text.unicodeScalars)
        return text.stripped(left: left, right: right) { set.contains($0) }
    }

    /// Whether the test holds for the argument, or for one of those in a list.
    private func isMatched(
        _ arguments: TemplateCall, _ test: ([UInt8]) -> Bool
    ) throws(TokenizationError) -> Bool {
        switch arguments.positional.first?.kind {
        case .text(let text): return test(text.bytes)
        case .list(let texts):
            return texts.contains { $0.markedText.map { test($0.bytes) } ?? false }
        default: throw error("startswith and endswith want a string")
        }
    }

    private func removed(_ part: MarkedText, from text: MarkedText, isPrefix: Bool) -> MarkedText {
        let count = text.bytes.count - part.bytes.count
        if isPrefix {
            return text.bytes.starts(with: part.bytes)
                ? text.slice(part.bytes.count..<text.bytes.count) : text
        }
        return text.bytes.ends(with: part.bytes) ? text.slice(0..<count) : text
    }

    private func find(_ part: MarkedText?, in text: MarkedText) throws(TokenizationError) -> Int {
        guard let range = text.ranges(of: try pattern(part), countMax: 1).first else { return -1 }
        return text.slice(0..<range.lowerBound).characterCount
    }

    mutating func replaced(
        _ text: MarkedText, _ call: TemplateCall
    ) throws(TokenizationError) -> MarkedText {
        guard let old = call.argument(0, "old")?.markedText, !old.isEmpty,
            let new = call.argument(1, "new")?.markedText
        else { throw error("replace wants two strings, the first not empty") }
        let countMax = call.argument(2, "count")?.integer ?? .max
        let ranges = text.ranges(of: old, countMax: countMax < 0 ? .max : countMax)
        return try joined(text.parts(between: ranges), with: new)
    }
}

// Splitting and joining.
extension TemplateInterpreter {
    private mutating func split(
        _ text: MarkedText, _ call: TemplateCall, fromEnd: Bool
    ) throws(TokenizationError) -> TemplateValue {
        let countMax = call.argument(1, "maxsplit")?.integer ?? -1
        var ranges: [Range<Int>]
        var whole = text
        if let separator = call.argument(0, "sep")?.markedText {
            ranges = text.ranges(of: try pattern(separator))
        } else {
            whole = text.stripped { $0.isPythonSpace }
            ranges = Self.spaces(in: whole)
        }
        if countMax >= 0 && countMax < ranges.count {
            ranges = fromEnd ? Array(ranges.suffix(countMax)) : Array(ranges.prefix(countMax))
        }
        try charge(steps: ranges.count)
        if whole.isEmpty && call.argument(0, "sep") == nil { return .list([]) }
        return .list(whole.parts(between: ranges).map { TemplateValue(.text($0)) })
    }

    /// The runs of white space.
    private static func spaces(in text: MarkedText) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < text.bytes.count {
            let decoded = DecodedScalar(text.bytes, at: index)
            let end = index + decoded.byteCount
            if decoded.scalar.isPythonSpace {
                if let last = ranges.last, last.upperBound == index {
                    ranges[ranges.count - 1] = last.lowerBound..<end
                } else {
                    ranges.append(index..<end)
                }
            }
            index = end
        }
        return ranges
    }

    private static func lines(of text: MarkedText) -> [TemplateValue] {
        var ranges: [Range<Int>] = []
        var index = 0
        while index < text.bytes.count {
            let isPair = text.bytes[index...].starts(with: [0x0D, 0x0A])
            if text.bytes[index] == 0x0A || text.bytes[index] == 0x0D {
                ranges.append(index..<(index + (isPair ? 2 : 1)))
            }
            index += isPair ? 2 : 1
        }
        var parts = text.parts(between: ranges)
        if parts.last?.isEmpty ?? false { parts.removeLast() }
        return parts.map { TemplateValue(.text($0)) }
    }

    mutating func joined(
        _ value: TemplateValue, with separator: MarkedText
    ) throws(TokenizationError) -> TemplateValue {
        var parts: [MarkedText] = []
        for element in try elements(of: value) { parts.append(try text(of: element)) }
        return TemplateValue(.text(try joined(parts, with: separator)))
    }

    mutating func joined(
        _ parts: [MarkedText], with separator: MarkedText
    ) throws(TokenizationError) -> MarkedText {
        var result = MarkedText()
        for (index, part) in parts.enumerated() {
            try charge(bytes: part.cost + separator.cost)
            if index > 0 { result.append(separator) }
            result.append(part)
        }
        return result
    }

    static func capitalized(_ text: MarkedText) -> MarkedText {
        guard !text.isEmpty else { return text }
        let first = DecodedScalar(text.bytes, at: 0).byteCount
        let head = text.slice(0..<first).mapped { $0.uppercased() }
        return head + text.slice(first..<text.bytes.count).mapped { $0.lowercased() }
    }

    /// Each word with a capital first letter.
    static func titled(_ text: MarkedText) -> MarkedText {
        var result = MarkedText()
        var isInWord = false
        for segment in text.segments {
            for scalar in segment.text.unicodeScalars {
                let mapped =
                    isInWord
                    ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
                result.append(mapped.utf8, isTrusted: segment.isTrusted)
                isInWord = scalar.properties.isCased
            }
        }
        return result
    }
}

extension Array where Element == UInt8 {
    func ends(with suffix: [UInt8]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}
