/// Swift source with its comments and the contents of its strings blanked out, so that what is
/// left can be searched for words and braces. Lines and columns stay where they were.
struct SwiftText {
    let lines: [Substring]

    init(_ source: String) {
        var scanner = Scanner(Array(source.utf8))
        // Only bytes of comments and strings were replaced, whole characters at a time.
        let text = String(decoding: scanner.blanked(), as: UTF8.self)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The words of a line: letters, digits and underscores that stand together.
    static func words(_ line: Substring) -> [Substring] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// How long each function, initialiser and computed member is, from its first line to the
    /// brace that closes it.
    func bodies() -> [(line: Int, length: Int)] {
        var open: [(line: Int, isFunction: Bool)] = []
        var pending: Int?
        var bodies: [(line: Int, length: Int)] = []
        for (number, line) in lines.enumerated() {
            if Self.startsFunction(line) { pending = number }
            for character in line where character == "{" || character == "}" {
                if character == "{" {
                    open.append((pending ?? number, pending != nil))
                    pending = nil
                } else if let closed = open.popLast(), closed.isFunction {
                    bodies.append((closed.line + 1, number - closed.line + 1))
                }
            }
        }
        return bodies
    }

    private static func startsFunction(_ line: Substring) -> Bool {
        let words = words(line)
        return words.contains("func") || words.contains("deinit") || words.contains("subscript")
            || (words.contains("init") && !line.contains(".init") && !line.contains("init:"))
    }
}

/// Walks the bytes of Swift source once.
private struct Scanner {
    private var bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func blanked() -> [UInt8] {
        while position < bytes.count {
            if starts(with: "//") {
                blank { $0.starts(with: "\n") }
            } else if starts(with: "/*") {
                blankBlockComment()
            } else if bytes[position] == UInt8(ascii: "\"") || starts(with: "#\"") {
                blankString()
            } else {
                position += 1
            }
        }
        return bytes
    }

    private func starts(with text: String) -> Bool {
        bytes[position...].starts(with: text.utf8)
    }

    /// Blanks until the condition holds, or the source ends.
    private mutating func blank(until isOver: (Scanner) -> Bool) {
        while position < bytes.count, !isOver(self) { blankOne() }
    }

    private mutating func blankOne() {
        if bytes[position] != UInt8(ascii: "\n") { bytes[position] = UInt8(ascii: " ") }
        position += 1
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                blankOne()
            } else if starts(with: "*/") {
                depth -= 1
                blankOne()
            }
            blankOne()
        } while depth > 0 && position < bytes.count
    }

    private mutating func blankString() {
        let hashes = String(repeating: "#", count: bytes[position...].prefix { $0 == 35 }.count)
        for _ in hashes.utf8 { blankOne() }
        let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
        for _ in quotes.utf8 { blankOne() }
        while position < bytes.count, !starts(with: quotes + hashes) {
            if quotes.count == 1, starts(with: "\n") { return }
            if starts(with: "\\" + hashes) { blankEscape(hashes) } else { blankOne() }
        }
        for _ in (quotes + hashes).utf8 where position < bytes.count { blankOne() }
    }

    /// An escaped quote does not end the string; an interpolation may hold strings of its own.
    private mutating func blankEscape(_ hashes: String) {
        for _ in ("\\" + hashes).utf8 { blankOne() }
        guard position < bytes.count else { return }
        guard starts(with: "(") else { return blankOne() }
        var depth = 0
        repeat {
            if starts(with: "(") { depth += 1 }
            if starts(with: ")") { depth -= 1 }
            if starts(with: "\"") { blankString() } else { blankOne() }
        } while depth > 0 && position < bytes.count
    }
}
