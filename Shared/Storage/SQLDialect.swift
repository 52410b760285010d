/// Where the SQL of the two kinds of database differs. Everything is written in SQLite's words;
/// this turns them into PostgreSQL's.
public enum SQLDialect: Sendable {
    case sqlite, postgres

    /// The same type under its other name; STRICT is what every PostgreSQL table is.
    private static let types: [Substring: String] = [
        "INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION", "BLOB": "BYTEA", "STRICT": "",
    ]

    /// A script that makes or changes tables.
    func schema(_ script: String) -> String {
        guard self == .postgres else { return script }
        var result = ""
        Self.split(script) { piece, isQuoted in
            guard !isQuoted else { return result += "'\(piece)'" }
            var rest = piece
            while let start = rest.firstIndex(where: Self.isWord) {
                let end = rest[start...].firstIndex { !Self.isWord($0) } ?? rest.endIndex
                let word = rest[start..<end]
                result += rest[..<start] + (Self.types[word].map { Substring($0) } ?? word)
                rest = rest[end...]
            }
            result += rest
        }
        return result
    }

    /// A statement whose parameters are `$1`, `$2`…; a `?` without a number takes the one after the
    /// largest so far.
    func statement(_ sql: String) -> String {
        guard self == .postgres else { return sql }
        var result = ""
        var last = 0
        Self.split(sql) { piece, isQuoted in
            guard !isQuoted else { return result += "'\(piece)'" }
            var rest = piece
            while let mark = rest.firstIndex(of: "?") {
                let digits = rest[rest.index(after: mark)...].prefix { $0.isNumber }
                let number = Int(digits) ?? last + 1
                last = max(last, number)
                result += "\(rest[..<mark])$\(number)"
                rest = rest[digits.endIndex...]
            }
            result += rest
        }
        return result
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    /// Hands out what stands outside quotes, and what inside.
    private static func split(_ sql: String, _ body: (Substring, _ isQuoted: Bool) -> Void) {
        var isQuoted = false
        for piece in sql.split(separator: "'", omittingEmptySubsequences: false) {
            body(piece, isQuoted)
            isQuoted.toggle()
        }
    }
}
