// Expressions.
extension TemplateInterpreter {
    mutating func evaluate(_ expression: TemplateExpression) throws(TokenizationError)
        -> TemplateValue
    {
        try charge()
        switch expression {
        case .literal(let value): return value
        case .name(let name): return value(of: name)
        default: return try nested { i throws(TokenizationError) in try i.compound(expression) }
        }
    }

    private mutating func compound(
        _ expression: TemplateExpression
    ) throws(TokenizationError) -> TemplateValue {
        switch expression {
        case .literal(let value): return value
        case .name(let name): return value(of: name)
        case .list(let elements): return try checked(.list(try evaluate(elements)))
        case .dictionary(let entries): return try dictionary(entries)
        case .chain(let base, let steps): return try chain(base, steps)
        case .negative(let operand): return try negative(try evaluate(operand))
        case .arithmetic(let first, let rest): return try arithmetic(first, rest)
        case .comparison(let first, let rest): return try comparison(first, rest)
        case .not(let operand): return .boolean(!(try evaluate(operand).isTrue))
        case .all(let operands): return try firstOperand(operands, isTrue: false)
        case .any(let operands): return try firstOperand(operands, isTrue: true)
        case .conditional(let value, let condition, let otherwise):
            if try evaluate(condition).isTrue { return try evaluate(value) }
            return try otherwise.map { e throws(TokenizationError) in try evaluate(e) }
                ?? .undefined
        }
    }

    mutating func evaluate(
        _ expressions: [TemplateExpression]
    ) throws(TokenizationError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private mutating func dictionary(
        _ entries: [(key: TemplateExpression, value: TemplateExpression)]
    ) throws(TokenizationError) -> TemplateValue {
        var result: [(key: MarkedText, value: TemplateValue)] = []
        for entry in entries {
            let key = try text(of: try evaluate(entry.key))
            let value = try evaluate(entry.value)
            try charge(steps: result.count)
            result.removeAll { $0.key == key }
            result.append((key, value))
        }
        return try checked(TemplateValue(.dictionary(result)))
    }

    /// `and` and `or`: the first operand that decides, or the last one.
    private mutating func firstOperand(
        _ operands: [TemplateExpression], isTrue: Bool
    ) throws(TokenizationError) -> TemplateValue {
        var value = TemplateValue.undefined
        for operand in operands {
            value = try evaluate(operand)
            if value.isTrue == isTrue { return value }
        }
        return value
    }

    private mutating func comparison(
        _ first: TemplateExpression,
        _ rest: [(symbol: String, operand: TemplateExpression)]
    ) throws(TokenizationError) -> TemplateValue {
        var left = try evaluate(first)
        for (name, operand) in rest {
            let right = try evaluate(operand)
            guard try compare(left, name, right) else { return .boolean(false) }
            left = right
        }
        return .boolean(true)
    }

    private mutating func chain(
        _ base: TemplateExpression, _ steps: [TemplateExpression.Step]
    ) throws(TokenizationError) -> TemplateValue {
        var value = try evaluate(base)
        var index = 0
        while index < steps.count {
            if case .attribute(let name) = steps[index], index + 1 < steps.count,
                case .call(let arguments) = steps[index + 1]
            {
                value = try call(method: name, of: value, arguments)
                index += 2
            } else {
                value = try apply(steps[index], to: value)
                index += 1
            }
        }
        return value
    }

    private mutating func apply(
        _ step: TemplateExpression.Step, to value: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        try charge()
        switch step {
        case .attribute(let name):
            return try member(name, of: value)
        case .element(let index):
            return try element(try evaluate(index), of: value)
        case .slice(let from, let to, let stride):
            return try slice(value, try bound(from), try bound(to), try bound(stride) ?? 1)
        case .call(let arguments):
            return try call(value, try values(of: arguments))
        case .filter(let name, let arguments):
            guard let filter = TemplateFilter(rawValue: name) else {
                throw error("no filter \(name)")
            }
            return try apply(filter, to: value, try values(of: arguments))
        case .test(let name, let arguments, let isNegated):
            guard let test = TemplateTest(named: name) else { throw error("no test \(name)") }
            let result = try apply(test, to: value, try values(of: arguments).positional)
            return .boolean(result != isNegated)
        }
    }

    mutating func member(
        _ name: String, of value: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        switch value.kind {
        case .undefined: throw error("\(name) is asked of an undefined value")
        case .namespace(let number): return member(name, ofNamespace: number)
        default: return try entry(MarkedText(name, isTrusted: true), of: value) ?? .undefined
        }
    }

    private mutating func element(
        _ index: TemplateValue, of value: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        switch (value.kind, index.kind) {
        case (.undefined, _): throw error("an element is asked of an undefined value")
        case (.dictionary, .text(let key)): return try entry(key, of: value) ?? .undefined
        case (.namespace(let number), .text(let key)): return member(key.text, ofNamespace: number)
        case (.list(let elements), _):
            guard let offset = index.integer else { return .undefined }
            let position = offset < 0 ? offset + elements.count : offset
            return elements.indices.contains(position) ? elements[position] : .undefined
        case (.text, .integer(let offset)):
            let end = offset == -1 ? nil : offset &+ 1
            return try slice(value, offset, end, 1)
        default: return .undefined
        }
    }

    private mutating func bound(_ expression: TemplateExpression?) throws(TokenizationError) -> Int?
    {
        guard let expression else { return nil }
        let value = try evaluate(expression)
        if case .none = value.kind { return nil }
        guard let bound = value.integer else { throw error("a slice bound is \(value.kindName)") }
        return bound
    }

    /// The arguments of a call, evaluated.
    mutating func values(of arguments: TemplateArguments) throws(TokenizationError) -> TemplateCall
    {
        var call = TemplateCall()
        call.positional = try evaluate(arguments.positional)
        for (name, expression) in arguments.named {
            call.named.append((name, try evaluate(expression)))
        }
        return call
    }
}

/// The arguments of a call, evaluated.
struct TemplateCall {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []

    /// The argument at that place or of that name.
    func argument(_ index: Int, _ name: String) -> TemplateValue? {
        positional.indices.contains(index)
            ? positional[index] : named.last { $0.name == name }?.value
    }
}
