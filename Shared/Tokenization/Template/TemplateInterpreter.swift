/// Runs a parsed template: statements here, expressions, methods and filters in extensions.
///
/// It runs hostile templates, so everything it does is counted: steps, bytes of text, depth.
struct TemplateInterpreter {
    /// How a list of statements ended.
    private enum Flow { case normal, `break`, `continue` }

    private(set) var output = MarkedText()
    /// The line of the statement that runs, for messages.
    private var line = 1
    /// Variables; an inner scope hides an outer one.
    private var scopes: [[String: TemplateValue]]
    private var namespaces: [[String: TemplateValue]] = []
    private var macros: [TemplateStatement.Macro] = []
    private var stepCount = 0
    private var textByteCount = 0
    private var depth = 0
    /// What `strftime_now` formats.
    let now: TemplateDate

    init(variables: [String: TemplateValue], now: TemplateDate) {
        var globals = variables
        for name in ["raise_exception", "strftime_now", "namespace", "range", "dict"] {
            globals[name] = TemplateValue(.function(name))
        }
        scopes = [globals, [:]]
        self.now = now
    }

    mutating func run(_ statements: [TemplateStatement]) throws(TokenizationError) {
        _ = try execute(statements)
    }

    func error(_ reason: String) -> TokenizationError {
        .templateFailed(line: line, reason: reason)
    }

    /// Counts work that is about to be done.
    mutating func charge(steps: Int = 1, bytes: Int = 0) throws(TokenizationError) {
        stepCount += steps
        textByteCount += bytes
        guard stepCount <= TemplateMaxima.stepCountMax else {
            throw error("it takes more than \(TemplateMaxima.stepCountMax) steps")
        }
        guard textByteCount <= TemplateMaxima.textByteCountMax else {
            throw error("it writes more than \(TemplateMaxima.textByteCountMax) bytes")
        }
    }

    /// Runs something nested.
    mutating func nested<T>(
        _ body: (inout TemplateInterpreter) throws(TokenizationError) -> T
    ) throws(TokenizationError) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateMaxima.depthMax else { throw error("it nests too deep") }
        return try body(&self)
    }

    /// A list or a mapping, unless it would nest too deep.
    func checked(_ value: TemplateValue) throws(TokenizationError) -> TemplateValue {
        guard value.depth <= TemplateMaxima.valueDepthMax else {
            throw error("lists nest deeper than \(TemplateMaxima.valueDepthMax)")
        }
        return value
    }

    func value(of name: String) -> TemplateValue {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return .undefined
    }

    mutating func makeNamespace(_ members: [String: TemplateValue]) -> TemplateValue {
        namespaces.append(members)
        return TemplateValue(.namespace(namespaces.count - 1))
    }

    func member(_ name: String, ofNamespace number: Int) -> TemplateValue {
        namespaces[number][name] ?? .undefined
    }
}

// Statements.
extension TemplateInterpreter {
    private mutating func execute(
        _ statements: [TemplateStatement]
    ) throws(TokenizationError) -> Flow {
        try nested { i throws(TokenizationError) in
            for statement in statements {
                i.line = statement.line
                try i.charge()
                let flow = try i.execute(statement)
                if flow != .normal { return flow }
            }
            return .normal
        }
    }

    private mutating func execute(_ statement: TemplateStatement) throws(TokenizationError) -> Flow
    {
        switch statement.kind {
        case .text(let text):
            try write(text)
        case .output(let expression):
            try write(try text(of: try evaluate(expression)))
        case .branch(let branches, let otherwise):
            return try execute(branches, otherwise)
        case .loop(let loop):
            try execute(loop)
        case .assign(let target, let expression):
            try assign(try evaluate(expression), to: target)
        case .capture(let target, let body):
            let text = try captured { i throws(TokenizationError) in _ = try i.execute(body) }
            try assign(TemplateValue(.text(text)), to: target)
        case .macro(let macro):
            try charge(steps: macro.body.count)
            macros.append(macro)
            scopes[scopes.count - 1][macro.name] = TemplateValue(.macro(macros.count - 1))
        case .break:
            return .break
        case .continue:
            return .continue
        }
        return .normal
    }

    private mutating func write(_ text: MarkedText) throws(TokenizationError) {
        try charge(bytes: text.cost)
        output.append(text)
        guard output.bytes.count <= TemplateMaxima.outputByteCountMax else {
            throw error("the prompt has more than \(TemplateMaxima.outputByteCountMax) bytes")
        }
    }

    /// What `body` writes, instead of writing it.
    private mutating func captured(
        _ body: (inout TemplateInterpreter) throws(TokenizationError) -> Void
    ) throws(TokenizationError) -> MarkedText {
        let outer = output
        output = MarkedText()
        try body(&self)
        defer { output = outer }
        return output
    }

    private mutating func execute(
        _ branches: [(condition: TemplateExpression, body: [TemplateStatement])],
        _ otherwise: [TemplateStatement]
    ) throws(TokenizationError) -> Flow {
        for branch in branches where try evaluate(branch.condition).isTrue {
            return try execute(branch.body)
        }
        return try execute(otherwise)
    }

    private mutating func assign(
        _ value: TemplateValue, to target: TemplateStatement.Target
    ) throws(TokenizationError) {
        switch target {
        case .names(let names):
            try bind(names, to: value)
        case .member(let owner, let name):
            guard case .namespace(let number) = self.value(of: owner).kind else {
                throw error("\(owner) is no namespace; only those can be changed")
            }
            namespaces[number][name] = value
        }
    }

    /// Gives one name the value, or several its elements.
    private mutating func bind(
        _ names: [String], to value: TemplateValue
    ) throws(TokenizationError) {
        if names.count == 1 {
            scopes[scopes.count - 1][names[0]] = value
            return
        }
        let elements = try self.elements(of: value)
        guard elements.count == names.count else {
            throw error("\(elements.count) values for \(names.count) names")
        }
        for (name, element) in zip(names, elements) { scopes[scopes.count - 1][name] = element }
    }

    private mutating func execute(_ loop: TemplateStatement.Loop) throws(TokenizationError) {
        let line = line
        let elements = try chosen(try self.elements(of: try evaluate(loop.sequence)), loop)
        var hasFinished = false
        for index in elements.indices {
            self.line = line
            try charge(steps: 16)  // what `loop` costs to make
            scopes.append(["loop": Self.loopVariable(index, elements)])
            defer { scopes.removeLast() }
            try bind(loop.names, to: elements[index])
            let flow = try execute(loop.body)
            if flow == .normal { hasFinished = true }
            if flow == .break { break }
        }
        // As Jinja has it: when no turn of the loop came to its end, be it by `continue`.
        if !hasFinished { _ = try execute(loop.otherwise) }
    }

    /// The elements that fulfil the condition of the loop.
    private mutating func chosen(
        _ elements: [TemplateValue], _ loop: TemplateStatement.Loop
    ) throws(TokenizationError) -> [TemplateValue] {
        guard let condition = loop.condition else { return elements }
        scopes.append([:])
        defer { scopes.removeLast() }
        var chosen: [TemplateValue] = []
        for element in elements {
            try bind(loop.names, to: element)
            if try evaluate(condition).isTrue { chosen.append(element) }
        }
        return chosen
    }

    private static func loopVariable(_ index: Int, _ elements: [TemplateValue]) -> TemplateValue {
        let count = elements.count
        let members: [(String, TemplateValue)] = [
            ("index", .integer(index + 1)), ("index0", .integer(index)),
            ("revindex", .integer(count - index)), ("revindex0", .integer(count - index - 1)),
            ("first", .boolean(index == 0)), ("last", .boolean(index == count - 1)),
            ("length", .integer(count)),
            ("previtem", index > 0 ? elements[index - 1] : .undefined),
            ("nextitem", index + 1 < count ? elements[index + 1] : .undefined),
        ]
        return .dictionary(members)
    }

    /// Calls a macro: its own variables over the global ones, its output as text.
    mutating func call(
        macro number: Int, _ positional: [TemplateValue],
        _ named: [(name: String, value: TemplateValue)]
    ) throws(TokenizationError) -> TemplateValue {
        let macro = macros[number]
        guard positional.count <= macro.parameters.count else {
            throw error("too many arguments for the macro \(macro.name)")
        }
        let outer = scopes
        scopes = Array(scopes.prefix(2)) + [[:]]
        defer { scopes = outer }
        for (index, parameter) in macro.parameters.enumerated() {
            var value = named.last { $0.name == parameter.name }?.value
            if index < positional.count { value = positional[index] }
            if value == nil, let fallback = parameter.fallback { value = try evaluate(fallback) }
            scopes[2][parameter.name] = value ?? .undefined
        }
        return TemplateValue(
            .text(try captured { i throws(TokenizationError) in _ = try i.execute(macro.body) }))
    }
}
