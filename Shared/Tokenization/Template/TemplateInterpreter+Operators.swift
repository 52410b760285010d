// What operators do.
extension TemplateInterpreter {
    mutating func arithmetic(
        _ first: TemplateExpression,
        _ rest: [(symbol: String, operand: TemplateExpression)]
    ) throws(TokenizationError) -> TemplateValue {
        var value = try evaluate(first)
        for (name, operand) in rest {
            value = try combine(value, name, try evaluate(operand))
        }
        return value
    }

    private mutating func combine(
        _ left: TemplateValue, _ name: String, _ right: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        if name == "~" {
            return try joined(try text(of: left), try text(of: right))
        }
        switch (name, left.kind, right.kind) {
        case ("+", .text(let left), .text(let right)): return try joined(left, right)
        case ("+", .list(let left), .list(let right)):
            try charge(steps: left.count + right.count)
            return try checked(.list(left + right))
        case ("*", .text(let text), .integer(let count)),
            ("*", .integer(let count), .text(let text)):
            return try repeated(text, count)
        default:
            return try calculate(left, name, right)
        }
    }

    private mutating func joined(
        _ left: MarkedText, _ right: MarkedText
    ) throws(TokenizationError) -> TemplateValue {
        try charge(bytes: left.cost + right.cost)
        return TemplateValue(.text(left + right))
    }

    private mutating func repeated(
        _ text: MarkedText, _ count: Int
    ) throws(TokenizationError) -> TemplateValue {
        let cost = text.cost.multipliedReportingOverflow(by: max(count, 0))
        try charge(bytes: cost.overflow ? TemplateMaxima.textByteCountMax + 1 : cost.partialValue)
        return TemplateValue(.text(Self.doubled(text, text.isEmpty ? 0 : max(count, 0))))
    }

    /// `text` so many times, put together from halves.
    private static func doubled(_ text: MarkedText, _ count: Int) -> MarkedText {
        guard count > 1 else { return count == 1 ? text : MarkedText() }
        let half = doubled(text, count / 2)
        return count.isMultiple(of: 2) ? half + half : half + half + text
    }

    func negative(_ value: TemplateValue) throws(TokenizationError) -> TemplateValue {
        if let integer = value.integer, integer != .min { return .integer(-integer) }
        guard case .float(let number) = value.kind else {
            throw error("a minus before \(value.kindName)")
        }
        return .float(-number)
    }

    private func calculate(
        _ left: TemplateValue, _ name: String, _ right: TemplateValue
    ) throws(TokenizationError) -> TemplateValue {
        if name != "/", let left = left.integer, let right = right.integer {
            return .integer(try calculate(left, name, right))
        }
        guard let first = left.number, let second = right.number else {
            throw error("\(left.kindName) \(name) \(right.kindName)")
        }
        if second == 0 && ["/", "//", "%"].contains(name) { throw error("a division by zero") }
        switch name {
        case "+": return .float(first + second)
        case "-": return .float(first - second)
        case "*": return .float(first * second)
        case "/": return .float(first / second)
        case "//": return .float((first / second).rounded(.down))
        case "%": return .float(first - second * (first / second).rounded(.down))
        default: throw error("powers of fractions are not supported")
        }
    }

    /// Whole numbers as in Python: division and remainder round down.
    private func calculate(
        _ left: Int, _ name: String, _ right: Int
    ) throws(TokenizationError) -> Int {
        let result: (partialValue: Int, overflow: Bool)
        switch name {
        case "+": result = left.addingReportingOverflow(right)
        case "-": result = left.subtractingReportingOverflow(right)
        case "*": result = left.multipliedReportingOverflow(by: right)
        case "**": result = Self.power(left, right)
        default:
            guard right != 0 else { throw error("a division by zero") }
            let quotient = left.dividedReportingOverflow(by: right)
            let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
            let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
            result =
                name == "%"
                ? (isBelow ? remainder + right : remainder, false)
                : (quotient.partialValue - (isBelow ? 1 : 0), quotient.overflow)
        }
        guard !result.overflow else { throw error("a number is too large") }
        return result.partialValue
    }

    private static func power(_ base: Int, _ exponent: Int) -> (partialValue: Int, overflow: Bool) {
        guard (0...64).contains(exponent) else { return (0, true) }
        var result = 1
        for _ in 0..<exponent {
            let product = result.multipliedReportingOverflow(by: base)
            if product.overflow { return product }
            result = product.partialValue
        }
        return (result, false)
    }

    mutating func compare(
        _ left: TemplateValue, _ name: String, _ right: TemplateValue
    ) throws(TokenizationError) -> Bool {
        switch name {
        case "==": return try isEqual(left, right)
        case "!=": return !(try isEqual(left, right))
        case "in": return try contains(right, left)
        case "not in": return !(try contains(right, left))
        default: return try isOrdered(left, name, right)
        }
    }

    /// Python's `==`; it costs what it compares.
    mutating func isEqual(
        _ left: TemplateValue, _ right: TemplateValue
    ) throws(TokenizationError) -> Bool {
        try charge()
        if let left = left.number, let right = right.number { return left == right }
        switch (left.kind, right.kind) {
        case (.undefined, .undefined), (.none, .none):
            return true
        case (.text(let left), .text(let right)):
            try charge(bytes: min(left.cost, right.cost))
            return left == right
        case (.list(let left), .list(let right)):
            guard left.count == right.count else { return false }
            for (one, other) in zip(left, right) where !(try isEqual(one, other)) { return false }
            return true
        case (.dictionary(let entries), .dictionary(let others)):
            guard entries.count == others.count else { return false }
            for (key, value) in entries {
                guard let other = try entry(key, of: right), try isEqual(value, other) else {
                    return false
                }
            }
            return true
        case (.namespace(let left), .namespace(let right)):
            return left == right
        default:
            return false
        }
    }

    /// The entry of that key, when the value is a mapping that has it.
    mutating func entry(
        _ key: MarkedText, of value: TemplateValue
    ) throws(TokenizationError) -> TemplateValue? {
        guard case .dictionary(let entries) = value.kind else { return nil }
        try charge(bytes: (key.bytes.count + 1) * entries.count)
        return entries.last { $0.key == key }?.value
    }

    private func isOrdered(
        _ left: TemplateValue, _ name: String, _ right: TemplateValue
    ) throws(TokenizationError) -> Bool {
        let order: Int
        if let left = left.number, let right = right.number {
            order = left < right ? -1 : left > right ? 1 : 0
        } else if let left = left.markedText?.bytes, let right = right.markedText?.bytes {
            order = left.lexicographicallyPrecedes(right) ? -1 : left == right ? 0 : 1
        } else {
            throw error("\(left.kindName) \(name) \(right.kindName)")
        }
        switch name {
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        default: return order >= 0
        }
    }

    /// Python's `in`.
    private mutating func contains(
        _ container: TemplateValue, _ value: TemplateValue
    ) throws(TokenizationError) -> Bool {
        switch (container.kind, value.kind) {
        case (.text(let text), .text(let part)):
            try charge(bytes: text.cost)
            return part.isEmpty || !text.ranges(of: part, countMax: 1).isEmpty
        case (.list(let elements), _):
            for element in elements where try isEqual(element, value) { return true }
            return false
        case (.dictionary, .text(let key)):
            return try entry(key, of: container) != nil
        case (.undefined, _), (.dictionary, _):
            return false
        default:
            throw error("\(value.kindName) in \(container.kindName)")
        }
    }

    /// Python's slices of lists and strings.
    mutating func slice(
        _ value: TemplateValue, _ from: Int?, _ to: Int?, _ stride: Int
    ) throws(TokenizationError) -> TemplateValue {
        switch value.kind {
        case .list(let elements):
            let indices = try positions(elements.count, from, to, stride)
            return .list(indices.map { elements[$0] })
        case .text(let text):
            return TemplateValue(.text(try slice(text, from, to, stride)))
        default:
            throw error("a slice of \(value.kindName)")
        }
    }

    private mutating func slice(
        _ text: MarkedText, _ from: Int?, _ to: Int?, _ stride: Int
    ) throws(TokenizationError) -> MarkedText {
        try charge(bytes: text.cost)
        var starts = text.bytes.indices.filter { text.bytes[$0] & 0xC0 != 0x80 }
        let indices = try positions(starts.count, from, to, stride)
        starts.append(text.bytes.count)
        if stride == 1 {
            guard let first = indices.first, let last = indices.last else { return MarkedText() }
            return text.slice(starts[first]..<starts[last + 1])
        }
        return indices.reduce(into: MarkedText()) { result, index in
            result.append(text.slice(starts[index]..<starts[index + 1]))
        }
    }

    /// The positions that a slice takes of `count` elements.
    private mutating func positions(
        _ count: Int, _ from: Int?, _ to: Int?, _ stride: Int
    ) throws(TokenizationError) -> [Int] {
        guard stride == 1 || stride == -1 else { throw error("slices in steps are not supported") }
        try charge(steps: count)
        func position(_ bound: Int) -> Int {
            bound < 0 ? max(bound + count, -1) : min(bound, count)
        }
        if stride == 1 {
            let start = max(position(from ?? 0), 0)
            let end = max(position(to ?? count), 0)
            return start < end ? Array(start..<end) : []
        }
        let start = min(position(from ?? (count - 1)), count - 1)
        let end = to.map(position) ?? -1
        return start > end ? Array(((end + 1)...start).reversed()) : []
    }
}
