internal import JSON

extension ComponentReader {
    /// The tokens that a post-processor puts before and after a single text.
    mutating func surroundings(
        _ component: JSONValue?
    ) throws(TokenizationError) -> ([TokenID], [TokenID]) {
        var result: ([TokenID], [TokenID]) = ([], [])
        for part in try flattened(component, "processors") {
            switch part.type {
            case "ByteLevel": break  // trims offsets, which are not kept here
            case "TemplateProcessing": result = try Self.template(part)
            case "BertProcessing", "RobertaProcessing":
                result = (try Self.pair(part, "cls"), try Self.pair(part, "sep"))
            default: throw .unsupported(part: "post_processor", found: part.type)
            }
        }
        return result
    }

    private static func template(_ part: JSONValue) throws(TokenizationError) -> (
        [TokenID], [TokenID]
    ) {
        var before: [TokenID] = []
        var after: [TokenID] = []
        var isAfter = false
        for piece in part["single"]?.array ?? [] {
            if piece.present("Sequence") != nil {
                isAfter = true
                continue
            }
            let tokens = try special(piece["SpecialToken"]?["id"]?.string ?? "", part)
            if isAfter { after += tokens } else { before += tokens }
        }
        return (before, after)
    }

    private static func special(
        _ name: String, _ part: JSONValue
    ) throws(TokenizationError) -> [TokenID] {
        let ids = part["special_tokens"]?[name]?["ids"]?.array?.compactMap(\.smallInteger) ?? []
        guard !ids.isEmpty else {
            throw .malformedVocabulary(part: "post_processor", reason: "\(name) has no number")
        }
        return ids.map { TokenID($0) }
    }

    /// A token given as its text and its number.
    private static func pair(_ part: JSONValue, _ name: String) throws(TokenizationError)
        -> [TokenID]
    {
        guard let id = part[name]?.array?.last?.smallInteger else {
            throw .malformedVocabulary(part: "post_processor", reason: "\(name) has no number")
        }
        return [TokenID(id)]
    }

    /// How the decoder makes text of tokens.
    mutating func decoding(_ component: JSONValue?) throws(TokenizationError) -> TokenDecoder.Style
    {
        var style = TokenDecoder.Style.bytes
        for part in try flattened(component, "decoders") {
            switch part.type {
            case "ByteLevel", "Fuse": break
            case "ByteFallback": Self.set(&style, hasByteTokens: true)
            case "Replace":
                guard Array((part["content"]?.string ?? "").utf8) == [0x20] else {
                    throw .unsupported(part: "decoder", found: "Replace by other than a space")
                }
                Self.set(&style, mark: try Self.pattern(part, of: "decoder"))
            case "Strip": try Self.strip(part, &style)
            case "Metaspace":
                Self.set(&style, mark: Array((part["replacement"]?.string ?? "\u{2581}").utf8))
                let isStripped = part["prepend_scheme"]?.string ?? "always" != "never"
                Self.set(&style, dropsFirstSpace: isStripped)
            case "WordPiece":
                style = .words(
                    prefix: Array((part["prefix"]?.string ?? "##").utf8),
                    cleansUp: part["cleanup"]?.bool ?? true)
            default: throw .unsupported(part: "decoder", found: part.type)
            }
        }
        return style
    }

    private static func strip(
        _ part: JSONValue, _ style: inout TokenDecoder.Style
    ) throws(TokenizationError) {
        guard part["content"]?.string == " ", part["start"]?.smallInteger ?? 0 <= 1,
            part["stop"]?.smallInteger ?? 0 == 0
        else { throw .unsupported(part: "decoder", found: "Strip of more than one first space") }
        set(&style, dropsFirstSpace: part["start"]?.smallInteger == 1)
    }

    private static func set(
        _ style: inout TokenDecoder.Style, mark: [UInt8]? = nil, hasByteTokens: Bool? = nil,
        dropsFirstSpace: Bool? = nil
    ) {
        var old = (mark: Array("\u{2581}".utf8), hasByteTokens: false, dropsFirstSpace: false)
        if case .marked(let mark, let hasByteTokens, let dropsFirstSpace) = style {
            old = (mark, hasByteTokens, dropsFirstSpace)
        }
        style = .marked(
            mark: mark ?? old.mark, hasByteTokens: hasByteTokens ?? old.hasByteTokens,
            dropsFirstSpace: dropsFirstSpace ?? old.dropsFirstSpace)
    }
}
