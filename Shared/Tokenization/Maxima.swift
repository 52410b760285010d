/// What a vocabulary or a text may at most be. Files are hostile until they have been read.
public enum TokenizationMaxima {
    /// Tokens of a vocabulary. The largest in use has 262,144.
    public static let vocabularySizeMax = 1 << 20
    /// Bytes of one token. The longest in use, runs of spaces, have below 300.
    public static let tokenByteCountMax = 1024
    /// Bytes of all tokens together: forty times the largest vocabulary in use.
    public static let vocabularyByteCountMax = 64 << 20
    /// Merges of a byte-pair vocabulary: twice as many as the largest in use.
    public static let mergeCountMax = 1 << 20
    /// Tokens that are matched before the text is split, such as `<|im_end|>`.
    public static let addedTokenCountMax = 1 << 16
    /// Bytes of `tokenizer.json`. The largest in use have 33 MB.
    public static let jsonByteCountMax = 128 << 20
    /// Bytes of one word. A longer one is cut, so that scratch memory stays bounded.
    public static let wordByteCountMax = 16 << 20
    /// Components in a `Sequence` of normalizers, pre-tokenizers or decoders, nested ones included.
    public static let componentCountMax = 64
}
