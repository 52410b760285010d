internal import CSQLite

/// One prepared statement. It belongs to its `SQLiteDatabase` and is never seen outside this room.
///
/// @safe: the pointer is made in `init`, freed once in `finalize`, and nil from then on.
@safe final class SQLiteStatement: RowColumns {
    let sql: String
    private var handle: OpaquePointer?

    init(_ sql: String, on connection: OpaquePointer) throws(StorageError) {
        self.sql = sql
        let result = unsafe sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard result == SQLITE_OK, unsafe handle != nil else {
            throw unsafe failure(of: sql, code: result, on: connection)
        }
    }

    func finalize() {
        unsafe sqlite3_finalize(handle)
        unsafe handle = nil
    }

    /// Values beyond the statement's parameters, or too few, are a mistake of ours.
    func bind(_ values: [SQLValue]) {
        precondition(values.count == Int(unsafe sqlite3_bind_parameter_count(handle)), sql)
        for (index, value) in values.enumerated() {
            let result = bind(value, at: Int32(index + 1))
            precondition(result == SQLITE_OK, "value \(index + 1) does not fit \(sql)")
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: unsafe sqlite3_bind_null(handle, index)
        case .integer(let integer): unsafe sqlite3_bind_int64(handle, index, integer)
        case .real(let real): unsafe sqlite3_bind_double(handle, index, real)
        case .text(let text): bindText(Array(text.utf8), at: index)
        case .blob(let bytes):
            unsafe bytes.withUnsafeBytes {
                unsafe csqlite_bind_blob(handle, index, $0.baseAddress, Int32($0.count))
            }
        }
    }

    private func bindText(_ utf8: [UInt8], at index: Int32) -> Int32 {
        guard !utf8.isEmpty else { return unsafe csqlite_bind_text(handle, index, "", 0) }
        return unsafe utf8.withUnsafeBytes {
            unsafe csqlite_bind_text(handle, index, $0.baseAddress, Int32($0.count))
        }
    }

    /// SQLITE_ROW, SQLITE_DONE or an error.
    func step() -> Int32 { unsafe sqlite3_step(handle) }

    /// Ready for new values. What `sqlite3_reset` returns was already seen by `step`.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }
}

extension SQLiteStatement {
    func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }

    func integer(_ column: Int) throws(StorageError) -> Int64 {
        try expect(SQLITE_INTEGER, "integer", at: column)
        return unsafe sqlite3_column_int64(handle, Int32(column))
    }

    func real(_ column: Int) throws(StorageError) -> Double {
        try expect(SQLITE_FLOAT, "real number", at: column)
        return unsafe sqlite3_column_double(handle, Int32(column))
    }

    func text(_ column: Int) throws(StorageError) -> [UInt8] { try bytes(column, SQLITE_TEXT) }

    func blob(_ column: Int) throws(StorageError) -> [UInt8] { try bytes(column, SQLITE_BLOB) }

    /// Copies a text or blob column; `kind` is the one of the two that is expected.
    private func bytes(_ column: Int, _ kind: Int32) throws(StorageError) -> [UInt8] {
        try expect(kind, kind == SQLITE_TEXT ? "text" : "bytes", at: column)
        let start = unsafe sqlite3_column_blob(handle, Int32(column))
        let count = Int(unsafe sqlite3_column_bytes(handle, Int32(column)))
        return unsafe [UInt8](
            UnsafeRawBufferPointer(start: start, count: unsafe start == nil ? 0 : count))
    }

    func floats(_ column: Int) throws(StorageError) -> [Float] {
        try expect(SQLITE_BLOB, "floats", at: column)
        let byteCount = Int(unsafe sqlite3_column_bytes(handle, Int32(column)))
        guard byteCount % 4 == 0, let start = unsafe sqlite3_column_blob(handle, Int32(column))
        else {
            throw .unexpectedValue(column: name(column), expected: "floats")
        }
        return unsafe [Float](unsafeUninitializedCapacity: byteCount / 4) { buffer, count in
            unsafe UnsafeMutableRawBufferPointer(buffer)
                .copyMemory(from: UnsafeRawBufferPointer(start: start, count: byteCount))
            count = byteCount / 4
        }
    }

    private func expect(_ type: Int32, _ expected: String, at column: Int) throws(StorageError) {
        guard unsafe sqlite3_column_type(handle, Int32(column)) == type else {
            throw .unexpectedValue(column: name(column), expected: expected)
        }
    }

    private func name(_ column: Int) -> String {
        guard let name = unsafe sqlite3_column_name(handle, Int32(column)) else {
            return "\(column)"
        }
        return unsafe String(cString: name)
    }
}
