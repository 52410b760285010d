/// Cuts a template into tokens, and applies the rules for the white space around tags.
///
/// As transformers sets up Jinja: `trim_blocks` (the line end after a block is dropped) and
/// `lstrip_blocks` (white space before a block that begins a line is dropped). A `-` in a tag drops
/// all white space on its side, a `+` keeps it.
struct TemplateLexer {
    private let source: [UInt8]
    private var index = 0
    private var line = 1
    private var tokens: [TemplateToken] = []
    /// Whether the text that comes next begins a line.
    private var isLineStart = true

    static func tokens(of template: String) throws(TokenizationError) -> [TemplateToken] {
        try TokenTable.check(
            "sourceByteCountMax", template.utf8.count, TemplateMaxima.sourceByteCountMax)
        var lexer = TemplateLexer(source: normalized(template))
        while lexer.index < lexer.source.count { try lexer.textAndTag() }
        lexer.add(.end)
        return lexer.tokens
    }

    private init(source: [UInt8]) { self.source = source }

    /// Line ends as `\n`, and without the one at the end.
    private static func normalized(_ template: String) -> [UInt8] {
        var bytes = Normalizer.replacing([0x0D, 0x0A], [0x0A], Array(template.utf8))
        bytes = Normalizer.replacing([0x0D], [0x0A], bytes)
        if bytes.last == 0x0A { bytes.removeLast() }
        return bytes
    }

    private func error(_ reason: String) -> TokenizationError {
        .malformedTemplate(line: line, reason: reason)
    }

    private mutating func add(_ kind: TemplateToken.Kind) {
        tokens.append(TemplateToken(kind: kind, line: line))
    }

    private func isNext(_ text: String, at index: Int) -> Bool {
        var index = index
        for byte in text.utf8 {
            guard index < source.count, source[index] == byte else { return false }
            index += 1
        }
        return true
    }

    private mutating func advance(to end: Int) {
        line += source[index..<end].count { $0 == 0x0A }
        index = end
    }
}

// Text and the edges of tags.
extension TemplateLexer {
    private mutating func textAndTag() throws(TokenizationError) {
        let start = index
        var tag = index
        while tag < source.count && !isTag(tag) { tag += 1 }
        guard tag < source.count else {
            addText(start..<tag)
            return
        }
        addText(start..<textEnd(start, tag))
        advance(to: tag)
        let hasSign = tag + 2 < source.count && (source[tag + 2] == 0x2D || source[tag + 2] == 0x2B)
        let kind = source[tag + 1]
        index += hasSign ? 3 : 2
        if kind == UInt8(ascii: "#") { return try comment() }
        let isBlock = kind == UInt8(ascii: "%")
        add(isBlock ? .blockStart : .outputStart)
        try inside(isBlock: isBlock)
    }

    private func isTag(_ index: Int) -> Bool {
        guard source[index] == UInt8(ascii: "{") else { return false }
        return isNext("{{", at: index) || isNext("{%", at: index) || isNext("{#", at: index)
    }

    private mutating func addText(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        add(.text(String(decoding: source[range], as: UTF8.self)))
        advance(to: range.upperBound)
    }

    /// Where the text before a tag ends, once white space is dropped.
    private func textEnd(_ start: Int, _ tag: Int) -> Int {
        let sign = tag + 2 < source.count ? source[tag + 2] : 0
        var end = tag
        if sign == UInt8(ascii: "-") {
            while end > start, isSpace(before: end) { end = source.scalarStart(before: end) }
            return end
        }
        guard sign != UInt8(ascii: "+"), source[tag + 1] != UInt8(ascii: "{") else { return tag }
        while end > start, source[end - 1] != 0x0A, isSpace(before: end) {
            end = source.scalarStart(before: end)
        }
        let beginsLine = end > start ? source[end - 1] == 0x0A : isLineStart
        return beginsLine ? end : tag
    }

    private func isSpace(before end: Int) -> Bool {
        DecodedScalar(source, at: source.scalarStart(before: end)).scalar.isPythonSpace
    }

    private mutating func comment() throws(TokenizationError) {
        var end = index
        while end < source.count && !isNext("#}", at: end) { end += 1 }
        guard end < source.count else { throw error("a comment without an end") }
        let sign = end > index ? source[end - 1] : 0
        advance(to: end + 2)
        dropSpace(sign: sign, isBlock: true)
    }

    /// Drops white space after a tag; `sign` is the character before its closing bracket.
    private mutating func dropSpace(sign: UInt8, isBlock: Bool) {
        isLineStart = false
        if sign == UInt8(ascii: "-") {
            while index < source.count, DecodedScalar(source, at: index).scalar.isPythonSpace {
                isLineStart = source[index] == 0x0A
                advance(to: index + DecodedScalar(source, at: index).byteCount)
            }
        } else if isBlock, sign != UInt8(ascii: "+"), index < source.count, source[index] == 0x0A {
            isLineStart = true
            advance(to: index + 1)
        }
    }
}

// What is inside a tag.
extension TemplateLexer {
    private mutating func inside(isBlock: Bool) throws(TokenizationError) {
        var brackets: [UInt8] = []
        while true {
            skipSpace()
            guard index < source.count else { throw error("a tag without an end") }
            if brackets.isEmpty, try closing(isBlock: isBlock) { return }
            try token(&brackets)
        }
    }

    private mutating func skipSpace() {
        var end = index
        while end < source.count, DecodedScalar(source, at: end).scalar.isPythonSpace {
            end += DecodedScalar(source, at: end).byteCount
        }
        advance(to: end)
    }

    /// Takes the end of the tag, if it is next.
    private mutating func closing(isBlock: Bool) throws(TokenizationError) -> Bool {
        let byte = source[index]
        let isSign = byte == UInt8(ascii: "-") || (isBlock && byte == UInt8(ascii: "+"))
        let end = isSign ? index + 1 : index
        guard isBlock ? isNext("%}", at: end) : isNext("}}", at: end) else { return false }
        add(isBlock ? .blockEnd : .outputEnd)
        index = end + 2
        dropSpace(sign: isSign ? byte : 0, isBlock: isBlock)
        return true
    }

    private mutating func token(_ brackets: inout [UInt8]) throws(TokenizationError) {
        let byte = source[index]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try string(quote: byte)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            let start = index
            while index < source.count, isNamePart(source[index]) { index += 1 }
            add(.name(String(decoding: source[start..<index], as: UTF8.self)))
        default: try symbol(&brackets)
        }
    }

    private func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private mutating func number() throws(TokenizationError) {
        let start = index
        skipDigits()
        var isWhole = true
        if index + 1 < source.count, source[index] == UInt8(ascii: "."), isDigit(source[index + 1])
        {
            isWhole = false
            index += 1
            skipDigits()
        }
        if let digits = exponentDigits {
            isWhole = false
            index = digits
            skipDigits()
        }
        let text = String(decoding: source[start..<index], as: UTF8.self)
        if isWhole, let value = Int(text) {
            add(.integer(value))
        } else if !isWhole, let value = Double(text), value.isFinite {
            add(.float(value))
        } else {
            throw error("the number \(text) is too large")
        }
    }

    private mutating func skipDigits() {
        while index < source.count, isDigit(source[index]) { index += 1 }
    }

    /// Where the digits of an exponent begin, if one is next.
    private var exponentDigits: Int? {
        guard isNext("e", at: index) || isNext("E", at: index) else { return nil }
        let isSigned = isNext("+", at: index + 1) || isNext("-", at: index + 1)
        let digits = index + (isSigned ? 2 : 1)
        return digits < source.count && isDigit(source[digits]) ? digits : nil
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func string(quote: UInt8) throws(TokenizationError) {
        var bytes: [UInt8] = []
        var end = index + 1
        while end < source.count, source[end] != quote {
            if source[end] == UInt8(ascii: "\\"), end + 1 < source.count {
                end += try escape(at: end + 1, into: &bytes)
            } else {
                bytes.append(source[end])
                end += 1
            }
        }
        guard end < source.count else { throw error("a string without an end") }
        add(.string(String(decoding: bytes, as: UTF8.self)))
        advance(to: end + 1)
    }

    /// Python's escapes; one that is unknown stands for itself. Returns the bytes it takes.
    private func escape(
        at position: Int, into bytes: inout [UInt8]
    ) throws(TokenizationError) -> Int {
        switch source[position] {
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""):
            bytes.append(source[position])
        case UInt8(ascii: "\n"): break
        case UInt8(ascii: "x"): return try hexadecimal(position + 1, digitCount: 2, into: &bytes)
        case UInt8(ascii: "u"): return try hexadecimal(position + 1, digitCount: 4, into: &bytes)
        default: bytes.append(contentsOf: [0x5C, source[position]])
        }
        return 2
    }

    private func hexadecimal(
        _ start: Int, digitCount: Int, into bytes: inout [UInt8]
    ) throws(TokenizationError) -> Int {
        let digits = source[start...].prefix(digitCount)
        guard digits.count == digitCount, !digits.contains(UInt8(ascii: "+")),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw error("an escape that is no character") }
        bytes.append(scalar: scalar)
        return digitCount + 2
    }

    private static let symbols = [
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")",
        "[", "]", "{", "}", ",", ".", ":", "|",
    ]

    private mutating func symbol(_ brackets: inout [UInt8]) throws(TokenizationError) {
        guard let symbol = Self.symbols.first(where: { isNext($0, at: index) }) else {
            throw error("an unexpected character")
        }
        switch source[index] {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): brackets.append(source[index])
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): _ = brackets.popLast()
        default: break
        }
        add(.symbol(symbol))
        index += symbol.utf8.count
    }
}
