/// The columns of a row as a database has them, counted from 0. Every accessor throws
/// `unexpectedValue` when the column holds another type.
protocol RowColumns {
    func isNull(_ column: Int) -> Bool
    func integer(_ column: Int) throws(StorageError) -> Int64
    func real(_ column: Int) throws(StorageError) -> Double
    /// The bytes of a text, which may be no UTF-8.
    func text(_ column: Int) throws(StorageError) -> [UInt8]
    func blob(_ column: Int) throws(StorageError) -> [UInt8]
    /// Little-endian IEEE 754 floats.
    func floats(_ column: Int) throws(StorageError) -> [Float]
}

/// The current row of a query; columns count from 0. Read it inside the closure that receives it:
/// afterwards the query has moved on. Every accessor throws `unexpectedValue` when the column
/// holds another type.
public struct Row {
    let columns: any RowColumns

    /// Whether the column is NULL.
    public func isNull(_ column: Int) -> Bool { columns.isNull(column) }

    /// A 64-bit integer.
    public func integer(_ column: Int) throws(StorageError) -> Int64 {
        try columns.integer(column)
    }

    /// An integer as Swift counts with it.
    public func int(_ column: Int) throws(StorageError) -> Int {
        Int(try columns.integer(column))
    }

    /// A floating-point number.
    public func real(_ column: Int) throws(StorageError) -> Double { try columns.real(column) }

    /// Text; SQLite stores whatever bytes it was given, so what is not UTF-8 is an error too.
    public func text(_ column: Int) throws(StorageError) -> String {
        guard let text = String(validating: try columns.text(column), as: UTF8.self)
        else { throw .unexpectedValue(column: "\(column)", expected: "UTF-8 text") }
        return text
    }

    /// Bytes.
    public func blob(_ column: Int) throws(StorageError) -> [UInt8] {
        try columns.blob(column)
    }

    /// Little-endian IEEE 754 floats, as `SQLValue.floats` writes them.
    public func floats(_ column: Int) throws(StorageError) -> [Float] {
        try columns.floats(column)
    }
}
