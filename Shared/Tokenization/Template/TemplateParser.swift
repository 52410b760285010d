/// Parses the tokens of a template: statements here, expressions in an extension.
///
/// The grammar is Jinja's, less what chat templates do not use (inheritance, includes, imports,
/// filter blocks, call blocks). What is left out is refused by name.
struct TemplateParser {
    private let tokens: [TemplateToken]
    private var index = 0
    private var depth = 0

    static func statements(of template: String) throws(TokenizationError) -> [TemplateStatement] {
        var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: template))
        return try parser.body(until: [])
    }

    private init(tokens: [TemplateToken]) { self.tokens = tokens }

    var token: TemplateToken { tokens[index] }

    /// The token after the next one.
    var second: TemplateToken { tokens[min(index + 1, tokens.count - 1)] }

    func error(_ reason: String) -> TokenizationError {
        .malformedTemplate(line: token.line, reason: reason)
    }

    mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    mutating func take(_ symbol: String) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func take(word: String) -> Bool {
        guard token.kind == .name(word) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(TokenizationError) {
        guard take(symbol) else { throw error("expected \(symbol)") }
    }

    mutating func name() throws(TokenizationError) -> String {
        guard case .name(let name) = token.kind else { throw error("expected a name") }
        advance()
        return name
    }

    /// Parses something nested; recursion is bounded because templates are hostile.
    mutating func nested<T>(
        _ parse: (inout TemplateParser) throws(TokenizationError) -> T
    ) throws(TokenizationError) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateMaxima.depthMax else {
            throw .overMaximum(
                name: "depthMax", value: depth, maximum: TemplateMaxima.depthMax)
        }
        return try parse(&self)
    }
}

// Statements.
extension TemplateParser {
    /// Statements up to a block that begins with one of `ends`; that word is the next token then.
    private mutating func body(
        until ends: Set<String>
    ) throws(TokenizationError) -> [TemplateStatement] {
        var statements: [TemplateStatement] = []
        while true {
            let line = token.line
            switch token.kind {
            case .text(let text):
                advance()
                let marked = MarkedText(text, isTrusted: true)
                statements.append(TemplateStatement(line: line, kind: .text(marked)))
            case .outputStart:
                advance()
                statements.append(TemplateStatement(line: line, kind: .output(try expression())))
                guard token.kind == .outputEnd else { throw error("expected }}") }
                advance()
            case .blockStart:
                advance()
                guard case .name(let word) = token.kind else { throw error("expected a tag") }
                if ends.contains(word) { return statements }
                if let kind = try statement(word) {
                    statements.append(TemplateStatement(line: line, kind: kind))
                }
            default:
                guard ends.isEmpty else {
                    let missing = ends.sorted().joined(separator: " or ")
                    throw error("the template ends where \(missing) is missing")
                }
                return statements
            }
        }
    }

    private mutating func endOfBlock() throws(TokenizationError) {
        guard token.kind == .blockEnd else { throw error("expected %}") }
        advance()
    }

    /// A statement whose first word is next; nil for a tag that does nothing here.
    private mutating func statement(
        _ word: String
    ) throws(TokenizationError) -> TemplateStatement.Kind? {
        advance()
        switch word {
        case "if": return try nested { p throws(TokenizationError) in try p.branch() }
        case "for": return try nested { p throws(TokenizationError) in try p.loop() }
        case "set": return try nested { p throws(TokenizationError) in try p.assignment() }
        case "macro": return try nested { p throws(TokenizationError) in try p.macro() }
        case "break", "continue":
            try endOfBlock()
            return word == "break" ? .break : .continue
        case "generation", "endgeneration":  // marks for training
            try endOfBlock()
            return nil
        default: throw error("the tag \(word) is not supported, or stands in the wrong place")
        }
    }

    private mutating func branch() throws(TokenizationError) -> TemplateStatement.Kind {
        var branches: [(condition: TemplateExpression, body: [TemplateStatement])] = []
        repeat {
            let condition = try expression()
            try endOfBlock()
            branches.append((condition, try body(until: ["elif", "else", "endif"])))
        } while take(word: "elif")
        var otherwise: [TemplateStatement] = []
        if take(word: "else") {
            try endOfBlock()
            otherwise = try body(until: ["endif"])
        }
        advance()
        try endOfBlock()
        return .branch(branches, else: otherwise)
    }

    private mutating func loop() throws(TokenizationError) -> TemplateStatement.Kind {
        let names = try names()
        guard take(word: "in") else { throw error("expected in") }
        let sequence = try disjunction()
        let condition = take(word: "if") ? try expression() : nil
        if token.kind == .name("recursive") { throw error("recursive loops are not supported") }
        try endOfBlock()
        let body = try body(until: ["else", "endfor"])
        var otherwise: [TemplateStatement] = []
        if take(word: "else") {
            try endOfBlock()
            otherwise = try self.body(until: ["endfor"])
        }
        advance()
        try endOfBlock()
        return .loop(
            .init(
                names: names, sequence: sequence, condition: condition, body: body,
                otherwise: otherwise))
    }

    private mutating func names() throws(TokenizationError) -> [String] {
        let isBracketed = take("(")
        var names = [try name()]
        while take(",") { names.append(try name()) }
        if isBracketed { try expect(")") }
        return names
    }

    private mutating func assignment() throws(TokenizationError) -> TemplateStatement.Kind {
        let target: TemplateStatement.Target
        if second.kind == .symbol(".") {
            let owner = try name()
            advance()
            target = .member(of: owner, try name())
        } else {
            target = .names(try names())
        }
        if take("=") {
            let value = try tuple()
            try endOfBlock()
            return .assign(target, value)
        }
        if token.kind == .symbol("|") { throw error("filters on a set block are not supported") }
        try endOfBlock()
        let body = try body(until: ["endset"])
        advance()
        try endOfBlock()
        return .capture(target, body)
    }

    private mutating func macro() throws(TokenizationError) -> TemplateStatement.Kind {
        let macroName = try name()
        try expect("(")
        var parameters: [(name: String, fallback: TemplateExpression?)] = []
        while !take(")") {
            if !parameters.isEmpty { try expect(",") }
            let parameter = try name()
            parameters.append((parameter, take("=") ? try expression() : nil))
        }
        try endOfBlock()
        let body = try body(until: ["endmacro"])
        advance()
        if case .name = token.kind { advance() }
        try endOfBlock()
        return .macro(.init(name: macroName, parameters: parameters, body: body))
    }
}
