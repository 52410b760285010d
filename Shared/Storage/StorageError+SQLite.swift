internal import CSQLite

/// SQLite's last complaint on this connection, as an error that names the statement.
func failure(of statement: String, on connection: OpaquePointer) -> StorageError {
    let code = unsafe sqlite3_extended_errcode(connection)
    let reason = unsafe String(cString: sqlite3_errmsg(connection))
    return switch code & 0xFF {
    case SQLITE_INTERRUPT: .deadlineExceeded(statement: statement)
    case SQLITE_FULL: .diskFull(statement: statement)
    case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB:
        .diskFailed(statement: statement, code: code, reason: reason)
    default: .refused(statement: statement, code: code, reason: reason)
    }
}
