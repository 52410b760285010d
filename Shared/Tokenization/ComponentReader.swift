internal import JSON

/// Reads the components of a `tokenizer.json`, with a maximum of how many there may be.
struct ComponentReader {
    private var count = 0

    /// The components of a `Sequence` in `key`, nested ones included, or the component itself.
    mutating func flattened(_ component: JSONValue?, _ key: String) throws(TokenizationError)
        -> [JSONValue]
    {
        guard let component else { return [] }
        count += 1
        try TokenTable.check("componentCountMax", count, TokenizationMaxima.componentCountMax)
        guard component.type == "Sequence" else { return [component] }
        var all: [JSONValue] = []
        for part in component[key]?.array ?? [] { all += try flattened(part, key) }
        return all
    }

    mutating func normalizers(_ component: JSONValue?) throws(TokenizationError) -> [Normalizer] {
        let parts = try flattened(component, "normalizers")
        let normalizers = try parts.map { part throws(TokenizationError) in
            try Self.normalizer(part)
        }
        var growth = 1
        for normalizer in normalizers {
            growth *= normalizer.growth
            try TokenTable.check("growthMax", growth, Normalizer.growthMax)
        }
        return normalizers
    }

    private static func normalizer(_ part: JSONValue) throws(TokenizationError) -> Normalizer {
        switch part.type {
        case "Prepend": .prepend(Array((part["prepend"]?.string ?? "").utf8))
        case "Replace": .replace(try pattern(part, of: "normalizer"), with: content(part))
        case "NFC": .unicode(.nfc)
        case "NFD": .unicode(.nfd)
        case "NFKC": .unicode(.nfkc)
        case "NFKD": .unicode(.nfkd)
        case "Lowercase": .lowercase
        case "StripAccents": .stripAccents
        case "Strip":
            .strip(
                left: part["strip_left"]?.bool ?? true,
                right: part["strip_right"]?.bool ?? true)
        case "BertNormalizer": .bert(bert(part))
        default: throw .unsupported(part: "normalizer", found: part.type)
        }
    }

    private static func content(_ part: JSONValue) -> [UInt8] {
        Array((part["content"]?.string ?? "").utf8)
    }

    private static func bert(_ part: JSONValue) -> BertNormalizer {
        let lowercases = part["lowercase"]?.bool ?? true
        return BertNormalizer(
            cleansText: part["clean_text"]?.bool ?? true,
            separatesIdeographs: part["handle_chinese_chars"]?.bool ?? true,
            stripsAccents: part["strip_accents"]?.bool ?? lowercases,
            lowercases: lowercases)
    }

    /// A pattern that is plain text.
    static func pattern(_ part: JSONValue, of kind: String) throws(TokenizationError) -> [UInt8] {
        guard let text = part["pattern"]?["String"]?.string, !text.isEmpty else {
            let expression = part["pattern"]?["Regex"]?.string ?? "nothing"
            throw .unsupported(part: "\(kind) pattern", found: expression)
        }
        return Array(text.utf8)
    }
}
