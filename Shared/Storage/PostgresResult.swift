internal import CPostgres

/// What a statement gave back, in PostgreSQL's binary format.
///
/// @safe: the pointer is passed in once, owned from then on, and cleared in `deinit`.
@safe final class PostgresResult {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe PQclear(handle) }

    var status: ExecStatusType { unsafe PQresultStatus(handle) }

    var rowCount: Int { Int(unsafe PQntuples(handle)) }

    /// The command that was carried out: `COMMIT`, or `ROLLBACK` where a COMMIT came too late.
    var command: String { unsafe String(cString: PQcmdStatus(handle)) }

    var changedRowCount: Int { Int(unsafe String(cString: PQcmdTuples(handle))) ?? 0 }

    /// Five characters; empty where the server said nothing, but libpq did.
    var errorCode: String { field("C") }

    var errorText: String {
        let text = field("M")
        return text.isEmpty ? unsafe String(cString: PQresultErrorMessage(handle)).firstLine : text
    }

    private func field(_ letter: Unicode.Scalar) -> String {
        guard let text = unsafe PQresultErrorField(handle, Int32(letter.value)) else { return "" }
        return unsafe String(cString: text)
    }

    fileprivate func isNull(_ row: Int, _ column: Int) -> Bool {
        unsafe PQgetisnull(handle, Int32(row), Int32(column)) == 1
    }

    fileprivate func type(_ column: Int) -> Oid { unsafe PQftype(handle, Int32(column)) }

    fileprivate func name(_ column: Int) -> String {
        guard let name = unsafe PQfname(handle, Int32(column)) else { return "\(column)" }
        return unsafe String(cString: name)
    }

    fileprivate func bytes(_ row: Int, _ column: Int) -> [UInt8] {
        let count = Int(unsafe PQgetlength(handle, Int32(row), Int32(column)))
        let start = unsafe PQgetvalue(handle, Int32(row), Int32(column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// One row of a result.
struct PostgresRow: RowColumns {
    let result: PostgresResult
    let row: Int

    func isNull(_ column: Int) -> Bool { result.isNull(row, column) }

    func integer(_ column: Int) throws(StorageError) -> Int64 {
        let bytes = try bytes(column, PostgresType.integers, "integer")
        switch bytes.count {
        case 2: return Int64(Int16(truncatingIfNeeded: Self.number(bytes)))
        case 4: return Int64(Int32(truncatingIfNeeded: Self.number(bytes)))
        default: return Int64(bitPattern: Self.number(bytes))
        }
    }

    func real(_ column: Int) throws(StorageError) -> Double {
        Double(bitPattern: Self.number(try bytes(column, [PostgresType.real], "real number")))
    }

    func text(_ column: Int) throws(StorageError) -> [UInt8] {
        try bytes(column, PostgresType.texts, "text")
    }

    func blob(_ column: Int) throws(StorageError) -> [UInt8] {
        try bytes(column, [PostgresType.blob], "bytes")
    }

    func floats(_ column: Int) throws(StorageError) -> [Float] {
        let bytes = try bytes(column, [PostgresType.blob], "floats")
        guard bytes.count.isMultiple(of: 4) else { throw unexpected(column, "floats") }
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(
                bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    private func bytes(
        _ column: Int, _ types: [Oid], _ expected: String
    ) throws(StorageError) -> [UInt8] {
        guard types.contains(result.type(column)), !isNull(column) else {
            throw unexpected(column, expected)
        }
        return result.bytes(row, column)
    }

    private func unexpected(_ column: Int, _ expected: String) -> StorageError {
        .unexpectedValue(column: result.name(column), expected: expected)
    }

    /// The highest byte first.
    private static func number(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Numbers of the types that we store, from PostgreSQL's pg_type.dat.
enum PostgresType {
    static let blob: Oid = 17
    static let integer: Oid = 20
    static let text: Oid = 25
    static let real: Oid = 701
    /// int8, int2, int4.
    static let integers: [Oid] = [integer, 21, 23]
    /// text, varchar, name.
    static let texts: [Oid] = [text, 1043, 19]
    /// Whatever the statement needs: for NULL.
    static let inferred: Oid = 0
}

extension String {
    /// libpq's messages end with a line break, and may have several lines.
    var firstLine: String { String(prefix { !$0.isNewline }) }
}
