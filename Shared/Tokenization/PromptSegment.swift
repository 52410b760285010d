/// A stretch of a prompt, and whether its text may spell special tokens.
///
/// The text of a chat template is trusted; what users and documents say is not: a message that
/// contains `<|im_end|>` is tokenised as those ten characters and ends nothing.
public struct PromptSegment: Sendable, Equatable {
    public var text: String
    public var isTrusted: Bool

    public init(text: String, isTrusted: Bool) {
        self.text = text
        self.isTrusted = isTrusted
    }
}
