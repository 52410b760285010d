/// The rules that GGUF files name by `tokenizer.ggml.pre`.
///
/// The names are those of the format's reference implementation, the rules those of the
/// tokenizers that the models were published with.
struct GGUFPreTokenizer {
    var cuts: [PreTokenizer.Cut]
    var normalizers: [Normalizer] = []
    var ignoresMerges = false
    /// Whether a text begins with the token for it, when the file does not say.
    var beginsByDefault = false

    init(named name: String) throws(TokenizationError) {
        switch name {
        case "gpt-2", "default":
            cuts = [.words(.gpt2)]
        case "olmo":
            cuts = [.words(.gpt2)]
            normalizers = [.unicode(.nfc)]
        case "smollm", "refact", "starcoder":
            cuts = [.digits(individually: true), .words(.gpt2)]
        case "llama-bpe", "llama3", "llama-v3":
            cuts = [.words(.llama3)]
            ignoresMerges = true
            beginsByDefault = true
        case "qwen2":
            cuts = [.words(.qwen2)]
            normalizers = [.unicode(.nfc)]
        default:
            throw .unsupported(part: "tokenizer.ggml.pre", found: name)
        }
    }
}
