internal import CPostgres

/// Where a PostgreSQL database is and how one is let in: `postgres://USER:PASSWORD@HOST:PORT/NAME`,
/// as libpq reads it. Its description never has the password.
public struct PostgresAddress: Sendable, Equatable, CustomStringConvertible {
    /// With the password: for libpq alone.
    let uri: String
    /// Host, port and name of the database, as far as they are given.
    public let description: String

    /// Whether a text looks like one, right or wrong.
    public static func isMeant(by text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }

    /// Nil for what libpq does not understand. What it has to say about it is not passed on, for it
    /// may quote the password.
    public init?(_ text: String) {
        guard Self.isMeant(by: text), !text.utf8.contains(0) else { return nil }
        var complaint: UnsafeMutablePointer<CChar>?
        let options = unsafe PQconninfoParse(text, &complaint)
        defer {
            unsafe PQconninfoFree(options)
            unsafe PQfreemem(complaint)
        }
        guard let options = unsafe options else { return nil }
        uri = text
        description = unsafe Self.words(options)
    }

    /// - Parameter options: Up to the one without a keyword.
    private static func words(_ options: UnsafeMutablePointer<PQconninfoOption>) -> String {
        var parts: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe parts[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        let host = parts["host"] ?? parts["hostaddr"] ?? ""
        let port = parts["port"].map { ":\($0)" } ?? ""
        return "postgres://\(host)\(port)/\(parts["dbname"] ?? "")"
    }
}
