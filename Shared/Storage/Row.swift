internal import CSQLite

/// The current row of a query; columns count from 0. Read it inside the closure that receives it:
/// afterwards the statement has moved on. Every accessor throws `unexpectedValue` when the column
/// holds another type.
public struct Row {
    let statement: Statement

    /// Whether the column is NULL.
    public func isNull(_ column: Int) -> Bool { statement.isNull(column) }

    /// A 64-bit integer.
    public func integer(_ column: Int) throws(StorageError) -> Int64 {
        try statement.integer(column)
    }

    /// An integer as Swift counts with it.
    public func int(_ column: Int) throws(StorageError) -> Int {
        Int(try statement.integer(column))
    }

    /// A floating-point number.
    public func real(_ column: Int) throws(StorageError) -> Double { try statement.real(column) }

    /// Text; SQLite stores whatever bytes it was given, so what is not UTF-8 is an error too.
    public func text(_ column: Int) throws(StorageError) -> String {
        guard let text = String(validating: try statement.bytes(column, SQLITE_TEXT), as: UTF8.self)
        else { throw .unexpectedValue(column: "\(column)", expected: "UTF-8 text") }
        return text
    }

    /// Bytes.
    public func blob(_ column: Int) throws(StorageError) -> [UInt8] {
        try statement.bytes(column, SQLITE_BLOB)
    }

    /// Little-endian IEEE 754 floats, as `SQLValue.floats` writes them.
    public func floats(_ column: Int) throws(StorageError) -> [Float] {
        try statement.floats(column)
    }
}
