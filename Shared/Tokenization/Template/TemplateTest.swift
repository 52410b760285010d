/// The tests that a chat template may use after `is`.
enum TemplateTest {
    case defined, undefined, none, string, mapping, iterable, sequence, number, integer, float
    case boolean, `true`, `false`, callable, odd, even, divisibleBy, isTrue
    case comparison(String)

    init?(named name: String) {
        switch name {
        case "defined": self = .defined
        case "undefined": self = .undefined
        case "none": self = .none
        case "string": self = .string
        case "mapping": self = .mapping
        case "iterable": self = .iterable
        case "sequence": self = .sequence
        case "number": self = .number
        case "integer": self = .integer
        case "float": self = .float
        case "boolean": self = .boolean
        case "true": self = .true
        case "false": self = .false
        case "callable": self = .callable
        case "odd": self = .odd
        case "even": self = .even
        case "divisibleby": self = .divisibleBy
        default:
            guard let comparison = Self.comparison(named: name) else { return nil }
            self = .comparison(comparison)
        }
    }

    private static func comparison(named name: String) -> String? {
        switch name {
        case "equalto", "eq", "==": "=="
        case "ne", "!=": "!="
        case "lt", "lessthan", "<": "<"
        case "le", "<=": "<="
        case "gt", "greaterthan", ">": ">"
        case "ge", ">=": ">="
        case "in": "in"
        default: nil
        }
    }
}

extension TemplateInterpreter {
    mutating func apply(
        _ test: TemplateTest, to value: TemplateValue, _ arguments: [TemplateValue]
    ) throws(TokenizationError) -> Bool {
        switch test {
        case .isTrue: return value.isTrue
        case .defined: return !value.isUndefined
        case .undefined: return value.isUndefined
        case .comparison(let name):
            guard let other = arguments.first else {
                throw error("a comparison without an operand")
            }
            return try compare(value, name, other)
        case .odd, .even, .divisibleBy:
            return try isDivisible(test, value, arguments)
        default:
            return Self.isOfKind(test, value.kind)
        }
    }

    private func isDivisible(
        _ test: TemplateTest, _ value: TemplateValue, _ arguments: [TemplateValue]
    ) throws(TokenizationError) -> Bool {
        var divisor: Int? = 2
        if case .divisibleBy = test { divisor = arguments.first?.integer }
        guard let number = value.integer, let divisor, divisor != 0 else {
            throw error("a test for numbers of \(value.kindName)")
        }
        let isMultiple = number.isMultiple(of: divisor)
        if case .odd = test { return !isMultiple }
        return isMultiple
    }

    private static func isOfKind(_ test: TemplateTest, _ kind: TemplateValue.Kind) -> Bool {
        switch (test, kind) {
        case (.none, .none), (.string, .text), (.mapping, .dictionary), (.mapping, .namespace): true
        case (.iterable, .text), (.iterable, .list), (.iterable, .dictionary),
            (.iterable, .undefined):
            true
        case (.sequence, .text), (.sequence, .list), (.sequence, .dictionary),
            (.sequence, .undefined):
            true
        case (.number, .integer), (.number, .float), (.number, .boolean): true
        case (.integer, .integer), (.float, .float), (.boolean, .boolean): true
        case (.true, .boolean(let value)): value
        case (.false, .boolean(let value)): !value
        case (.callable, .function), (.callable, .macro): true
        default: false
        }
    }
}
