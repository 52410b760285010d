/// An expression of a chat template, parsed.
///
/// Chains (`a + b + c`, `x.y[0]|trim`) are lists, so that only brackets make an expression deep.
indirect enum TemplateExpression: Sendable {
    case literal(TemplateValue)
    case name(String)
    case list([TemplateExpression])
    case dictionary([(key: TemplateExpression, value: TemplateExpression)])
    case chain(TemplateExpression, [Step])
    case negative(TemplateExpression)
    case arithmetic(TemplateExpression, [(symbol: String, operand: TemplateExpression)])
    case comparison(TemplateExpression, [(symbol: String, operand: TemplateExpression)])
    case not(TemplateExpression)
    case all([TemplateExpression])
    case any([TemplateExpression])
    case conditional(TemplateExpression, if: TemplateExpression, else: TemplateExpression?)

    /// What follows an operand.
    enum Step: Sendable {
        case attribute(String)
        case element(TemplateExpression)
        case slice(TemplateExpression?, TemplateExpression?, TemplateExpression?)
        case call(TemplateArguments)
        case filter(String, TemplateArguments)
        case test(String, TemplateArguments, isNegated: Bool)
    }
}

/// The arguments of a call, as written.
struct TemplateArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
}

/// A statement of a chat template, with the line it begins on.
struct TemplateStatement: Sendable {
    indirect enum Kind: Sendable {
        case text(MarkedText)
        case output(TemplateExpression)
        case branch(
            [(condition: TemplateExpression, body: [TemplateStatement])], else: [TemplateStatement])
        case loop(Loop)
        case assign(Target, TemplateExpression)
        case capture(Target, [TemplateStatement])
        case macro(Macro)
        case `break`
        case `continue`
    }

    /// What a value is given to.
    enum Target: Sendable {
        case names([String])
        case member(of: String, String)
    }

    struct Loop: Sendable {
        var names: [String]
        var sequence: TemplateExpression
        var condition: TemplateExpression?
        var body: [TemplateStatement]
        var otherwise: [TemplateStatement]
    }

    struct Macro: Sendable {
        var name: String
        var parameters: [(name: String, fallback: TemplateExpression?)]
        var body: [TemplateStatement]
    }

    let line: Int
    let kind: Kind
}
