extension Tokenizer {
    /// A tokenizer from the metadata of a GGUF file.
    ///
    /// - Throws: `unsupported` for a model or a pre-tokenizer that is not implemented,
    ///   `malformedVocabulary` or `overMaximum` for metadata that contradict themselves.
    public init(gguf vocabulary: GGUFVocabulary) throws(TokenizationError) {
        var parts =
            switch vocabulary.model {
            case "gpt2": try TokenizerParts(byteLevel: vocabulary)
            case "llama": try TokenizerParts(sentencePiece: vocabulary)
            default: throw .unsupported(part: "tokenizer.ggml.model", found: vocabulary.model)
            }
        try parts.addSpecials(of: vocabulary)
        self.init(parts)
    }
}

extension TokenizerParts {
    /// Byte-level BPE: tokens in the byte alphabet, merges by number.
    fileprivate init(byteLevel vocabulary: GGUFVocabulary) throws(TokenizationError) {
        let tokens = try Self.table(vocabulary, bytes: ByteAlphabet.bytes(of:))
        let rule = try GGUFPreTokenizer(named: vocabulary.preTokenizer ?? "default")
        let merges = try MergeTable(
            parsing: vocabulary.merges, tokens: tokens, bytes: ByteAlphabet.bytes(of:))
        model = .bytePair(
            BytePairModel(
                tokens: tokens, merges: merges, alphabet: .bytes(of: tokens),
                ignoresMerges: rule.ignoresMerges))
        normalizers = rule.normalizers
        preTokenizer.cuts = rule.cuts
        preTokenizer.prefix = vocabulary.addsSpacePrefix == true ? .space : .none
        addTokens(of: vocabulary)
        addAround(vocabulary, beginsByDefault: rule.beginsByDefault)
    }

    /// SentencePiece BPE: characters, merges by the score of their result, bytes for the rest.
    fileprivate init(sentencePiece vocabulary: GGUFVocabulary) throws(TokenizationError) {
        let tokens = try Self.table(vocabulary) { Array($0.utf8) }
        let merges = try MergeTable(scores: vocabulary.scores, tokens: tokens)
        let unknown = BytePairModel.Unknown(
            bytes: ByteTokenName.tokens(of: tokens), token: vocabulary.unknown, isFused: true)
        model = .bytePair(
            BytePairModel(
                tokens: tokens, merges: merges, alphabet: .characters(unknown),
                ignoresMerges: false))
        let mark = Array("\u{2581}".utf8)
        let addsSpace = vocabulary.addsSpacePrefix ?? true
        normalizers =
            (addsSpace ? [.prepend([0x20])] : []) + [.replace([0x20], with: mark)]
        decoding = .marked(mark: mark, hasByteTokens: true, dropsFirstSpace: addsSpace)
        addTokens(of: vocabulary)
        addAround(vocabulary, beginsByDefault: true)
        cutAtMarks(mark)
    }

    private static func table(
        _ vocabulary: GGUFVocabulary, bytes: (String) -> [UInt8]
    ) throws(TokenizationError) -> TokenTable {
        try TokenTable.check(
            "vocabularySizeMax", vocabulary.tokens.count, TokenizationMaxima.vocabularySizeMax)
        var table = TokenTable(capacity: vocabulary.tokens.count)
        for (id, token) in vocabulary.tokens.enumerated() {
            try table.append(bytes(token), isFindable: !vocabulary.isControl(id))
        }
        return table
    }

    /// Control tokens and those that a user defined are looked for in the text.
    private mutating func addTokens(of vocabulary: GGUFVocabulary) {
        for (id, type) in vocabulary.tokenTypes.enumerated().prefix(vocabulary.tokens.count) {
            let isSpecial = vocabulary.isControl(id)
            guard isSpecial || type == GGUFVocabulary.TokenType.userDefined else { continue }
            let content = Array(vocabulary.tokens[id].utf8)
            added.append(AddedToken(id: TokenID(id), content: content, isSpecial: isSpecial))
        }
    }

    private mutating func addAround(_ vocabulary: GGUFVocabulary, beginsByDefault: Bool) {
        if vocabulary.addsBeginOfSequence ?? beginsByDefault, let token = vocabulary.beginOfSequence
        {
            prefix = [token]
        }
        if vocabulary.addsEndOfSequence ?? false, let token = vocabulary.endOfSequence.first {
            suffix = [token]
        }
    }

    fileprivate mutating func addSpecials(of vocabulary: GGUFVocabulary) throws(TokenizationError) {
        let names: [(String, TokenID?)] = [
            ("bos_token", vocabulary.beginOfSequence),
            ("eos_token", vocabulary.endOfSequence.first),
            ("unk_token", vocabulary.unknown), ("pad_token", vocabulary.padding),
        ]
        for (name, token) in names {
            guard let token else { continue }
            guard vocabulary.tokens.indices.contains(Int(token)) else {
                throw .malformedVocabulary(part: name, reason: "token \(token) does not exist")
            }
            namedTokens[name] = vocabulary.tokens[Int(token)]
        }
        beginOfSequence = vocabulary.beginOfSequence
        endOfSequence = Set(vocabulary.endOfSequence)
        chatTemplate = vocabulary.chatTemplate
        try TokenTable.check(
            "addedTokenCountMax", added.count, TokenizationMaxima.addedTokenCountMax)
        addEndings()
    }
}
