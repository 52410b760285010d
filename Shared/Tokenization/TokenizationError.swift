/// Why a tokenizer, a vocabulary or a chat template was refused.
public enum TokenizationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The JSON text is not JSON, at this byte offset.
    case malformedJSON(offset: Int, reason: String)
    /// The vocabulary contradicts itself or lacks a part; `part` names it.
    case malformedVocabulary(part: String, reason: String)
    /// A component of a kind that this library does not implement.
    case unsupported(part: String, found: String)
    /// A count in the file is over the maximum of that name.
    case overMaximum(name: String, value: Int, maximum: Int)
    /// The chat template cannot be parsed, or uses what the subset lacks.
    case malformedTemplate(line: Int, reason: String)
    /// The chat template failed while it was rendered.
    case templateFailed(line: Int, reason: String)
    /// The chat template called `raise_exception`: the conversation is not one the model takes.
    case conversationRefused(reason: String)

    /// What is wrong, where, and what to do where something can be done.
    public var description: String {
        switch self {
        case .malformedJSON(let offset, let reason):
            "tokenizer JSON is malformed at byte \(offset): \(reason)"
        case .malformedVocabulary(let part, let reason):
            "tokenizer vocabulary is malformed: \(part): \(reason)"
        case .unsupported(let part, let found):
            "tokenizer uses \(found) as \(part), which is not supported; convert the model first"
        case .overMaximum(let name, let value, let maximum):
            "tokenizer exceeds \(name): \(value) of at most \(maximum)"
        case .malformedTemplate(let line, let reason):
            "chat template is malformed at line \(line): \(reason)"
        case .templateFailed(let line, let reason):
            "chat template failed at line \(line): \(reason)"
        case .conversationRefused(let reason):
            "the model's chat template refuses this conversation: \(reason)"
        }
    }
}
