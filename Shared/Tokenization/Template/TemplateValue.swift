/// A value that a chat template works with.
///
/// Text given from outside counts as untrusted (`text`), unless it is a name from the model's own
/// vocabulary (`trusted`).
public struct TemplateValue: Sendable {
    enum Kind: Sendable {
        case undefined
        case none
        case boolean(Bool)
        case integer(Int)
        case float(Double)
        case text(MarkedText)
        case list([TemplateValue])
        /// Entries in their order. Keys are text; the dictionaries of templates are small.
        case dictionary([(key: MarkedText, value: TemplateValue)])
        /// A `namespace()`, by its number in the interpreter: what alone is changed in place.
        case namespace(Int)
        case function(String)
        case macro(Int)
    }

    let kind: Kind
    /// How deep lists and dictionaries nest; they are walked, and freed, by recursion.
    let depth: Int

    init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .list(let elements): depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        case .dictionary(let entries): depth = 1 + (entries.lazy.map(\.value.depth).max() ?? 0)
        default: depth = 0
        }
    }

    /// Text from a user, a document, a tool.
    public static func text(_ text: String) -> TemplateValue {
        TemplateValue(.text(MarkedText(text, isTrusted: false)))
    }

    /// Text that may spell special tokens.
    public static func trusted(_ text: String) -> TemplateValue {
        TemplateValue(.text(MarkedText(text, isTrusted: true)))
    }

    /// A truth value.
    public static func boolean(_ value: Bool) -> TemplateValue { TemplateValue(.boolean(value)) }

    /// A whole number.
    public static func integer(_ value: Int) -> TemplateValue { TemplateValue(.integer(value)) }

    /// A fraction.
    public static func float(_ value: Double) -> TemplateValue { TemplateValue(.float(value)) }

    /// Values in their order.
    public static func list(_ values: [TemplateValue]) -> TemplateValue {
        TemplateValue(.list(values))
    }

    /// Entries in their order; keys count as untrusted.
    public static func dictionary(_ entries: [(String, TemplateValue)]) -> TemplateValue {
        TemplateValue(.dictionary(entries.map { (MarkedText($0.0, isTrusted: false), $0.1) }))
    }

    /// Python's `None`, JSON's `null`.
    public static let none = TemplateValue(.none)

    static let undefined = TemplateValue(.undefined)
}

extension TemplateValue {
    /// Python's truth: nothing, zero and what is empty are false.
    var isTrue: Bool {
        switch kind {
        case .undefined, .none: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .text(let text): !text.isEmpty
        case .list(let elements): !elements.isEmpty
        case .dictionary(let entries): !entries.isEmpty
        case .namespace, .function, .macro: true
        }
    }

    var isUndefined: Bool {
        guard case .undefined = kind else { return false }
        return true
    }

    /// The number, where a truth value counts as 0 or 1.
    var number: Double? {
        switch kind {
        case .boolean(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    var integer: Int? {
        switch kind {
        case .boolean(let value): value ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    var markedText: MarkedText? {
        guard case .text(let text) = kind else { return nil }
        return text
    }

    /// What the value is, for messages to people who write templates.
    var kindName: String {
        switch kind {
        case .undefined: "an undefined value"
        case .none: "none"
        case .boolean: "a truth value"
        case .integer, .float: "a number"
        case .text: "a string"
        case .list: "a list"
        case .dictionary: "a mapping"
        case .namespace: "a namespace"
        case .function, .macro: "a function"
        }
    }
}
