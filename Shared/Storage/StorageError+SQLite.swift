internal import CSQLite

/// A result code as an error that names the statement. The code is the one that the failing call
/// returned: after a COMMIT that could not be flushed, the connection itself remembers no error at
/// all.
func failure(of statement: String, code: Int32, on connection: OpaquePointer) -> StorageError {
    let isRemembered = unsafe sqlite3_extended_errcode(connection) == code
    let reason = unsafe String(
        cString: isRemembered ? sqlite3_errmsg(connection) : sqlite3_errstr(code))
    return switch code & 0xFF {
    case SQLITE_INTERRUPT: .deadlineExceeded(statement: statement)
    case SQLITE_FULL: .diskFull(statement: statement)
    case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB:
        .diskFailed(statement: statement, code: code, reason: reason)
    default: .refused(statement: statement, code: "\(code)", reason: reason)
    }
}
