/// The rule that cuts a text into words before byte-pair encoding, one per family of models.
///
/// The families write it as a regular expression with the same seven alternatives; they differ
/// in the details that are the properties here. A hand-written scanner takes each alternative in
/// their order, in linear time. A pattern that is none of these is refused, never approximated.
struct WordPattern: Sendable, Equatable {
    enum LetterPrefix: Sendable { case space, anySymbol }
    enum Numbers: Sendable, Equatable { case spaceAndAll, atMost(Int) }

    /// `'S` counts as `'s`.
    var contractionsIgnoreCase: Bool
    /// What one character may precede letters: a space, or anything but letters, numbers and line
    /// ends.
    var letterPrefix: LetterPrefix
    var numbers: Numbers
    /// Line ends after symbols belong to them; spaces up to a line end are a word of their own.
    var lineEndsAreSpecial: Bool

    static let gpt2 = WordPattern(
        contractionsIgnoreCase: false, letterPrefix: .space, numbers: .spaceAndAll,
        lineEndsAreSpecial: false)
    static let llama3 = WordPattern(
        contractionsIgnoreCase: true, letterPrefix: .anySymbol, numbers: .atMost(3),
        lineEndsAreSpecial: true)
    static let qwen2 = WordPattern(
        contractionsIgnoreCase: true, letterPrefix: .anySymbol, numbers: .atMost(1),
        lineEndsAreSpecial: true)

    /// The regular expressions by which `tokenizer.json` files name the patterns.
    static let byExpression: [String: WordPattern] = [
        #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
        #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
        llamaExpression(numbers: #"\p{N}{1,3}"#): .llama3,
        llamaExpression(numbers: #"\p{N}"#): .qwen2,
    ]

    private static func llamaExpression(numbers: String) -> String {
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }
}
