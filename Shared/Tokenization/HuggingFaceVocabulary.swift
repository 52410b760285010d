internal import JSON

/// The `model` of a `tokenizer.json`: its vocabulary, and how words are taken apart.
struct HuggingFaceVocabulary {
    private let model: JSONValue
    private let added: [AddedToken]
    /// Tokens by number; nil where the file leaves a number out.
    private let tokens: [String?]

    init(_ model: JSONValue, added: [AddedToken]) throws(TokenizationError) {
        guard let members = model["vocab"]?.object?.members else {
            throw .unsupported(part: "model", found: "\(model.type), or one without a vocabulary,")
        }
        self.model = model
        self.added = added
        tokens = try Self.ordered(members)
    }

    private static func ordered(
        _ members: [JSONObject.Member]
    ) throws(TokenizationError) -> [String?] {
        try TokenTable.check(
            "vocabularySizeMax", members.count, TokenizationMaxima.vocabularySizeMax)
        var tokens: [String?] = Array(repeating: nil, count: members.count)
        for member in members {
            guard let id = member.value.smallInteger, id >= 0 else {
                throw .malformedVocabulary(part: "vocab", reason: "a token without a number")
            }
            try TokenTable.check("vocabularySizeMax", id + 1, TokenizationMaxima.vocabularySizeMax)
            while tokens.count <= id { tokens.append(nil) }
            tokens[id] = member.name
        }
        return tokens
    }

    func model(isByteLevel: Bool) throws(TokenizationError) -> WordModel {
        switch model["type"]?.string ?? (model.present("merges") == nil ? "WordPiece" : "BPE") {
        case "BPE": .bytePair(try bytePair(isByteLevel: isByteLevel))
        case "WordPiece": .wordPiece(try wordPiece())
        default: throw .unsupported(part: "model", found: model.type)
        }
    }

    private func table(bytes: (String) -> [UInt8]) throws(TokenizationError) -> TokenTable {
        let special = Set(added.filter(\.isSpecial).map(\.id))
        var table = TokenTable(capacity: tokens.count)
        for (id, token) in tokens.enumerated() {
            let isFindable = !special.contains(TokenID(id))
            try table.append(token.map(bytes) ?? [], isFindable: isFindable)
        }
        return table
    }

    private static func characters(of token: String) -> [UInt8] { Array(token.utf8) }

    /// The number of a token that the model names, control token or not.
    private func number(of name: String) throws(TokenizationError) -> TokenID? {
        guard let text = model[name]?.string else { return nil }
        let id = tokens.firstIndex { $0?.utf8.elementsEqual(text.utf8) ?? false }
        guard let id else {
            throw .malformedVocabulary(part: name, reason: "\(text) is not in the vocabulary")
        }
        return TokenID(id)
    }

    private func bytePair(isByteLevel: Bool) throws(TokenizationError) -> BytePairModel {
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard (model[name]?.string ?? "").isEmpty else {
                throw .unsupported(part: "model", found: name)
            }
        }
        let bytes = isByteLevel ? ByteAlphabet.bytes(of:) : Self.characters(of:)
        let tokens = try table(bytes: bytes)
        let merges = try merges(tokens, bytes)
        let alphabet =
            isByteLevel
            ? .bytes(of: tokens) : BytePairModel.Alphabet.characters(try unknown(tokens))
        return BytePairModel(
            tokens: tokens, merges: merges, alphabet: alphabet,
            ignoresMerges: model["ignore_merges"]?.bool ?? false)
    }

    private func unknown(
        _ tokens: borrowing TokenTable
    ) throws(TokenizationError) -> BytePairModel.Unknown {
        var bytes: [TokenID]?
        if model["byte_fallback"]?.bool ?? false {
            bytes = ByteTokenName.tokens(of: tokens)
        }
        return BytePairModel.Unknown(
            bytes: bytes, token: try number(of: "unk_token"),
            isFused: model["fuse_unk"]?.bool ?? false)
    }

    /// Merges: pairs, or lines of two tokens with a space between in older files.
    private func merges(
        _ tokens: borrowing TokenTable, _ bytes: (String) -> [UInt8]
    ) throws(TokenizationError) -> MergeTable {
        let entries = model["merges"]?.array ?? []
        let lines = entries.compactMap(\.string)
        if lines.count == entries.count {
            return try MergeTable(parsing: lines, tokens: tokens, bytes: bytes)
        }
        var table = try MergeTable(pairCount: entries.count)
        for (rank, entry) in entries.enumerated() {
            guard let pair = entry.array, pair.count == 2, let left = pair[0].string,
                let right = pair[1].string
            else { throw .malformedVocabulary(part: "merge \(rank)", reason: "is not a pair") }
            try table.insert(bytes(left), bytes(right), rank, tokens)
        }
        return table
    }

    private func wordPiece() throws(TokenizationError) -> WordPieceModel {
        guard let unknown = try number(of: "unk_token") else {
            throw .malformedVocabulary(part: "unk_token", reason: "is missing")
        }
        return try WordPieceModel(
            tokens: try table(bytes: Self.characters(of:)),
            prefix: Array((model["continuing_subword_prefix"]?.string ?? "##").utf8),
            unknown: unknown,
            wordCharacterCountMax: min(
                max(model["max_input_chars_per_word"]?.smallInteger ?? 100, 0), 1000))
    }
}
