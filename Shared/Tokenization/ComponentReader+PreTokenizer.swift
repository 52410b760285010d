internal import JSON

extension ComponentReader {
    /// The pre-tokenizer, and whether the vocabulary is written in the byte alphabet.
    mutating func preTokenizer(
        _ component: JSONValue?
    ) throws(TokenizationError) -> (PreTokenizer, isByteLevel: Bool) {
        var result = PreTokenizer()
        var isByteLevel = false
        for part in try flattened(component, "pretokenizers") {
            switch part.type {
            case "ByteLevel":
                isByteLevel = true
                try Self.add(byteLevel: part, to: &result)
            case "Metaspace":
                try Self.add(metaspace: part, to: &result)
            default:
                result.cuts.append(try Self.cut(part))
            }
        }
        return (result, isByteLevel)
    }

    private static func add(
        byteLevel part: JSONValue, to result: inout PreTokenizer
    ) throws(TokenizationError) {
        if part["add_prefix_space"]?.bool ?? true { try set(.space, on: &result) }
        if part["use_regex"]?.bool ?? true { result.cuts.append(.words(.gpt2)) }
    }

    private static func add(
        metaspace part: JSONValue, to result: inout PreTokenizer
    ) throws(TokenizationError) {
        let mark = Array((part["replacement"]?.string ?? "\u{2581}").utf8)
        guard !mark.isEmpty, mark.count <= 4 else {
            throw .malformedVocabulary(part: "Metaspace", reason: "the replacement is no character")
        }
        let legacy = (part["add_prefix_space"]?.bool ?? true) ? "always" : "never"
        switch part["prepend_scheme"]?.string ?? legacy {
        case "always": try set(.mark(onlyAtStart: false), on: &result)
        case "first": try set(.mark(onlyAtStart: true), on: &result)
        case "never": break
        case let scheme: throw .unsupported(part: "prepend_scheme", found: scheme)
        }
        result.mark = mark
        if part["split"]?.bool ?? true { result.cuts.append(.beforeMarks(mark)) }
    }

    /// The text is rewritten once, before the cuts; a prefix for every word is not a thing in use.
    private static func set(
        _ prefix: PreTokenizer.Prefix, on result: inout PreTokenizer
    ) throws(TokenizationError) {
        guard result.cuts.isEmpty, !result.rewrites else {
            throw .unsupported(
                part: "pre_tokenizer", found: "a space before each of several pieces")
        }
        result.prefix = prefix
    }

    private static func cut(_ part: JSONValue) throws(TokenizationError) -> PreTokenizer.Cut {
        switch part.type {
        case "Digits": .digits(individually: part["individual_digits"]?.bool ?? false)
        case "BertPreTokenizer": .bert
        case "WhitespaceSplit": .spaces
        case "Split": try split(part)
        default: throw .unsupported(part: "pre_tokenizer", found: part.type)
        }
    }

    private static func split(_ part: JSONValue) throws(TokenizationError) -> PreTokenizer.Cut {
        let expression =
            part["pattern"]?["Regex"]?.string ?? part["pattern"]?["String"]?.string ?? ""
        let behavior = part["behavior"]?.string ?? ""
        let isInverted = part["invert"]?.bool ?? false
        // Each known pattern covers every text, so that it matters not what becomes of the rest.
        let keepsAll = behavior == "Isolated" || (behavior == "Removed" && isInverted)
        guard keepsAll, let pattern = WordPattern.byExpression[expression] else {
            throw .unsupported(part: "Split pre-tokenizer", found: "\(behavior) \(expression)")
        }
        return .words(pattern)
    }
}
