/// A stretch of a prompt, and whether its text may spell special tokens.
///
/// The text of a chat template is trusted; what users and documents say is not: a message that
/// contains `<|im_end|>` is tokenised as those ten characters and ends nothing.
public struct PromptSegment: Sendable, Equatable {
    /// The text as it stands in the prompt.
    public var text: String
    /// Whether the text may spell special tokens.
    public var isTrusted: Bool

    /// A stretch of text with its mark.
    public init(text: String, isTrusted: Bool) {
        self.text = text
        self.isTrusted = isTrusted
    }
}
