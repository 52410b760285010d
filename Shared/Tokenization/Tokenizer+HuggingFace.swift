internal import JSON

extension Tokenizer {
    /// A tokenizer from the files of a Hugging Face model.
    ///
    /// - Parameters:
    ///   - json: the bytes of `tokenizer.json`.
    ///   - configuration: the bytes of `tokenizer_config.json`, which names the special tokens.
    ///   - chatTemplate: the text of `chat_template.jinja`; goes before one in the configuration.
    /// - Throws: `unsupported` for a component that is not implemented; nothing is approximated.
    public init(
        huggingFace json: [UInt8], configuration: [UInt8]? = nil, chatTemplate: String? = nil
    ) throws(TokenizationError) {
        let file = try JSONValue(tokenizerFile: json)
        var parts = try TokenizerParts(file)
        if let configuration {
            try parts.read(configuration: try JSONValue(tokenizerFile: configuration))
        }
        parts.chatTemplate = chatTemplate ?? parts.chatTemplate
        parts.addEndings()
        self.init(parts)
    }
}

extension TokenizerParts {
    fileprivate init(_ file: JSONValue) throws(TokenizationError) {
        var reader = ComponentReader()
        let normalizers = try reader.normalizers(file.present("normalizer"))
        let (preTokenizer, isByteLevel) = try reader.preTokenizer(file.present("pre_tokenizer"))
        let added = try Self.addedTokens(file.present("added_tokens")?.array ?? [], normalizers)
        let vocabulary = try HuggingFaceVocabulary(file.present("model") ?? .null, added: added)
        model = try vocabulary.model(isByteLevel: isByteLevel)
        self.added = added
        self.normalizers = normalizers
        self.preTokenizer = preTokenizer
        decoding = try reader.decoding(file.present("decoder"))
        (prefix, suffix) = try reader.surroundings(file.present("post_processor"))
        if let mark = normalizers.lazy.compactMap(\.spaceMark).first ?? preTokenizer.mark {
            cutAtMarks(mark)
        }
    }

    private static func addedTokens(
        _ entries: [JSONValue], _ normalizers: [Normalizer]
    ) throws(TokenizationError) -> [AddedToken] {
        try TokenTable.check(
            "addedTokenCountMax", entries.count, TokenizationMaxima.addedTokenCountMax)
        return try entries.map { entry throws(TokenizationError) in
            guard let content = entry["content"]?.string, let id = entry["id"]?.smallInteger,
                id >= 0
            else {
                throw .malformedVocabulary(part: "added_tokens", reason: "lacks content or id")
            }
            try TokenTable.check("vocabularySizeMax", id + 1, TokenizationMaxima.vocabularySizeMax)
            try TokenTable.check(
                "tokenByteCountMax", content.utf8.count, TokenizationMaxima.tokenByteCountMax)
            var token = AddedToken(id: TokenID(id), content: Array(content.utf8))
            token.isSpecial = entry["special"]?.bool ?? false
            token.isSingleWord = entry["single_word"]?.bool ?? false
            token.stripsLeft = entry["lstrip"]?.bool ?? false
            token.stripsRight = entry["rstrip"]?.bool ?? false
            token.isNormalized = !token.isSpecial && entry["normalized"]?.bool ?? true
            if token.isNormalized {
                token.content = normalizers.reduce(token.content) { $1.apply($0) }
            }
            return token
        }
    }

    /// Takes the names of special tokens, the ends and the template from `tokenizer_config.json`.
    fileprivate mutating func read(configuration: JSONValue) throws(TokenizationError) {
        let names = [
            "bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token",
            "mask_token",
        ]
        for name in names {
            let entry = configuration[name]
            if let text = entry?.string ?? entry?["content"]?.string { namedTokens[name] = text }
        }
        beginOfSequence = namedTokens["bos_token"].flatMap(addedToken)
        if let end = namedTokens["eos_token"].flatMap(addedToken) { endOfSequence.insert(end) }
        chatTemplate = Self.template(configuration["chat_template"])
    }

    private func addedToken(spelt text: String) -> TokenID? {
        added.first { $0.content.elementsEqual(text.utf8) }?.id
    }

    /// A template, or the one called `default` of several.
    private static func template(_ entry: JSONValue?) -> String? {
        if let template = entry?.string { return template }
        let named = entry?.array?.first { $0["name"]?.string == "default" }
        return named?["template"]?.string
    }
}

extension Normalizer {
    /// What this step puts for a space, when it does so.
    fileprivate var spaceMark: [UInt8]? {
        guard case .replace([0x20], let mark) = self, !mark.isEmpty else { return nil }
        return mark
    }
}
