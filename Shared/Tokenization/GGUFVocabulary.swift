/// The tokenizer as a GGUF file carries it in its metadata, under `tokenizer.ggml.…`.
public struct GGUFVocabulary: Sendable {
    /// `model`: `gpt2` (byte-level BPE) or `llama` (SentencePiece with scores).
    public var model: String
    /// `pre`: the rule that cuts text into words, by the name of a model that uses it.
    public var preTokenizer: String?
    /// `tokens`, by number.
    public var tokens: [String]
    /// `scores`, one per token, of `llama` vocabularies.
    public var scores: [Float] = []
    /// `token_type`, one per token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused,
    /// 6 byte.
    public var tokenTypes: [Int32] = []
    /// `merges`, earliest first, of `gpt2` vocabularies: two tokens with a space between.
    public var merges: [String] = []
    /// `bos_token_id`.
    public var beginOfSequence: TokenID?
    /// `eos_token_id`, `eot_token_id`, `eom_token_id`: whichever there are.
    public var endOfSequence: [TokenID] = []
    /// `unknown_token_id`.
    public var unknown: TokenID?
    /// `padding_token_id`.
    public var padding: TokenID?
    /// `add_bos_token`; nil when the file is silent.
    public var addsBeginOfSequence: Bool?
    /// `add_eos_token`; nil when the file is silent.
    public var addsEndOfSequence: Bool?
    /// `add_space_prefix`; nil when the file is silent.
    public var addsSpacePrefix: Bool?
    /// `tokenizer.chat_template`.
    public var chatTemplate: String?

    /// A vocabulary with the fields that every file has; the others are set one by one.
    public init(model: String, preTokenizer: String?, tokens: [String]) {
        self.model = model
        self.preTokenizer = preTokenizer
        self.tokens = tokens
    }

    /// The values of `tokenTypes` that matter here.
    enum TokenType {
        static let unknown: Int32 = 2
        static let control: Int32 = 3
        static let userDefined: Int32 = 4
    }

    /// Whether the token is no text: a control token, or the one for what is unknown.
    func isControl(_ id: Int) -> Bool {
        guard tokenTypes.indices.contains(id) else { return false }
        return tokenTypes[id] == TokenType.control || tokenTypes[id] == TokenType.unknown
    }
}
