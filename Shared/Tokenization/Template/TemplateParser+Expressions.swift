// Expressions, loosest binding first.
extension TemplateParser {
    mutating func expression() throws(TokenizationError) -> TemplateExpression {
        try nested { p throws(TokenizationError) in try p.conditional() }
    }

    /// One expression, or several with commas between, which make a list.
    mutating func tuple() throws(TokenizationError) -> TemplateExpression {
        let first = try expression()
        guard token.kind == .symbol(",") else { return first }
        var elements = [first]
        while take(",") {
            if token.kind == .blockEnd || token.kind == .symbol(")") { break }
            elements.append(try expression())
        }
        return .list(elements)
    }

    private mutating func conditional() throws(TokenizationError) -> TemplateExpression {
        var value = try disjunction()
        while take(word: "if") {
            let condition = try disjunction()
            let otherwise = take(word: "else") ? try expression() : nil
            value = .conditional(value, if: condition, else: otherwise)
        }
        return value
    }

    mutating func disjunction() throws(TokenizationError) -> TemplateExpression {
        var operands = [try conjunction()]
        while take(word: "or") { operands.append(try conjunction()) }
        return operands.count == 1 ? operands[0] : .any(operands)
    }

    private mutating func conjunction() throws(TokenizationError) -> TemplateExpression {
        var operands = [try negation()]
        while take(word: "and") { operands.append(try negation()) }
        return operands.count == 1 ? operands[0] : .all(operands)
    }

    private mutating func negation() throws(TokenizationError) -> TemplateExpression {
        guard take(word: "not") else { return try comparison() }
        return .not(try nested { p throws(TokenizationError) in try p.negation() })
    }

    private mutating func comparison() throws(TokenizationError) -> TemplateExpression {
        let first = try arithmetic(level: 0)
        var rest: [(symbol: String, operand: TemplateExpression)] = []
        while let name = comparisonOperator() { rest.append((name, try arithmetic(level: 0))) }
        return rest.isEmpty ? first : .comparison(first, rest)
    }

    private mutating func comparisonOperator() -> String? {
        if take(word: "in") { return "in" }
        if token.kind == .name("not"), second.kind == .name("in") {
            advance()
            advance()
            return "not in"
        }
        return ["==", "!=", "<=", ">=", "<", ">"].first { take($0) }
    }

    /// The operators of each level, loosest first; all are taken from the left, as in Jinja.
    private static let levels = [["+", "-"], ["~"], ["*", "//", "/", "%"], ["**"]]

    /// Operands of one level with their operators between.
    private mutating func arithmetic(level: Int) throws(TokenizationError) -> TemplateExpression {
        guard level < Self.levels.count else { return try unary() }
        let first = try arithmetic(level: level + 1)
        var rest: [(symbol: String, operand: TemplateExpression)] = []
        while let symbol = Self.levels[level].first(where: { take($0) }) {
            rest.append((symbol, try arithmetic(level: level + 1)))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    /// A sign binds looser than the steps of its operand, and tighter than filters.
    private mutating func unary(
        withFilters: Bool = true
    ) throws(TokenizationError) -> TemplateExpression {
        guard token.kind == .symbol("-") || token.kind == .symbol("+") else {
            return try chain(try primary(), withFilters: withFilters)
        }
        let isNegative = token.kind == .symbol("-")
        advance()
        let operand = try nested { p throws(TokenizationError) in try p.unary(withFilters: false) }
        return try chain(isNegative ? .negative(operand) : operand, withFilters: withFilters)
    }

    private mutating func primary() throws(TokenizationError) -> TemplateExpression {
        let kind = token.kind
        advance()
        switch kind {
        case .name(let name): return Self.constant(name).map { .literal($0) } ?? .name(name)
        case .integer(let value): return .literal(.integer(value))
        case .float(let value): return .literal(.float(value))
        case .string(var text):
            while case .string(let more) = token.kind {
                text += more
                advance()
            }
            return .literal(.trusted(text))
        case .symbol("("):
            if take(")") { return .list([]) }
            let value = try tuple()
            try expect(")")
            return value
        case .symbol("["): return .list(try elements(until: "]"))
        case .symbol("{"): return try dictionary()
        default: throw error("expected a value before this point")
        }
    }

    private static func constant(_ name: String) -> TemplateValue? {
        switch name {
        case "true", "True": .boolean(true)
        case "false", "False": .boolean(false)
        case "none", "None": TemplateValue.none
        default: nil
        }
    }

    private mutating func elements(
        until end: String
    ) throws(TokenizationError) -> [TemplateExpression] {
        var elements: [TemplateExpression] = []
        while !take(end) {
            if !elements.isEmpty {
                try expect(",")
                if take(end) { break }
            }
            elements.append(try expression())
        }
        return elements
    }

    private mutating func dictionary() throws(TokenizationError) -> TemplateExpression {
        var entries: [(key: TemplateExpression, value: TemplateExpression)] = []
        while !take("}") {
            if !entries.isEmpty {
                try expect(",")
                if take("}") { break }
            }
            let key = try expression()
            try expect(":")
            entries.append((key, try expression()))
        }
        return .dictionary(entries)
    }
}

// What follows an operand.
extension TemplateParser {
    private mutating func chain(
        _ base: TemplateExpression, withFilters: Bool
    ) throws(TokenizationError) -> TemplateExpression {
        var steps: [TemplateExpression.Step] = []
        while let step = try step(withFilters: withFilters) { steps.append(step) }
        return steps.isEmpty ? base : .chain(base, steps)
    }

    private mutating func step(
        withFilters: Bool
    ) throws(TokenizationError) -> TemplateExpression.Step? {
        if take(".") {
            if case .integer(let index) = token.kind {
                advance()
                return .element(.literal(.integer(index)))
            }
            return .attribute(try name())
        }
        if take("[") { return try subscripted() }
        if take("(") { return .call(try arguments()) }
        guard withFilters else { return nil }
        if take("|") { return try filter() }
        return take(word: "is") ? try test() : nil
    }

    private mutating func subscripted() throws(TokenizationError) -> TemplateExpression.Step {
        var bounds: [TemplateExpression?] = [nil]
        while !take("]") {
            if take(":") {
                bounds.append(nil)
            } else {
                bounds[bounds.count - 1] = try expression()
            }
        }
        if bounds.count == 1, let index = bounds[0] { return .element(index) }
        guard (2...3).contains(bounds.count) else { throw error("a subscript without an index") }
        return .slice(bounds[0], bounds[1], bounds.count == 3 ? bounds[2] : nil)
    }

    private mutating func arguments() throws(TokenizationError) -> TemplateArguments {
        var arguments = TemplateArguments()
        var isFirst = true
        while !take(")") {
            if !isFirst {
                try expect(",")
                if take(")") { break }
            }
            isFirst = false
            if case .name(let name) = token.kind, second.kind == .symbol("=") {
                advance()
                advance()
                arguments.named.append((name, try expression()))
            } else {
                arguments.positional.append(try expression())
            }
        }
        return arguments
    }

    private mutating func filter() throws(TokenizationError) -> TemplateExpression.Step {
        let filter = try name()
        guard TemplateFilter(rawValue: filter) != nil else {
            throw error("the filter \(filter) is not supported")
        }
        return .filter(filter, take("(") ? try arguments() : TemplateArguments())
    }

    private mutating func test() throws(TokenizationError) -> TemplateExpression.Step {
        let isNegated = take(word: "not")
        let test = try name()
        guard TemplateTest(named: test) != nil else {
            throw error("the test \(test) is not supported")
        }
        return .test(test, try testArguments(), isNegated: isNegated)
    }

    /// Brackets, or a single operand without them (`is divisibleby 3`).
    private mutating func testArguments() throws(TokenizationError) -> TemplateArguments {
        switch token.kind {
        case .symbol("("):
            advance()
            return try arguments()
        case .name("else"), .name("or"), .name("and"), .name("is"), .name("if"), .name("in"),
            .name("not"):
            return TemplateArguments()
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            let operand = try nested { p throws(TokenizationError) in
                try p.chain(try p.primary(), withFilters: false)
            }
            return TemplateArguments(positional: [operand])
        default: return TemplateArguments()
        }
    }
}
