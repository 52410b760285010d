/// What can go wrong between the program and its database file.
public enum StorageError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or made as this program needs it.
    case cannotOpen(path: String, reason: String)
    /// The file was written by a later version of this program.
    case newerSchema(path: String, found: Int, known: Int)
    /// SQLite refused a statement; `code` is its extended result code.
    case refused(statement: String, code: Int32, reason: String)
    /// The disk could not take a write. The database closes for writing: after a failed flush
    /// nobody knows what the disk holds, so only a restart, which replays the log, may go on.
    case diskFailed(statement: String, code: Int32, reason: String)
    /// An earlier write failed on the disk, and this one was therefore not tried.
    case closedForWriting(cause: String)
    /// There is no room left. The write was undone; reading goes on.
    case diskFull(statement: String)
    /// The statement was stopped because its time was over.
    case deadlineExceeded(statement: String)
    /// A column holds another type than the program expects there.
    case unexpectedValue(column: String, expected: String)

    /// What is wrong, where, and what to do about it.
    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "Cannot open the database \(path): \(reason)."
        case .newerSchema(let path, let found, let known):
            """
            \(path) has schema version \(found), this program knows \(known): start a newer program.
            """
        case .refused(let statement, let code, let reason):
            "SQLite refused “\(statement)” (code \(code)): \(reason)."
        case .diskFailed(let statement, let code, let reason):
            """
            The disk failed during “\(statement)” (code \(code)): \(reason). Nothing more is \
            written; restart.
            """
        case .closedForWriting(let cause):
            "The database takes no writes since an earlier one failed: \(cause)"
        case .diskFull(let statement):
            "No space left for “\(statement)”; it was undone. Free space and try again."
        case .deadlineExceeded(let statement):
            "“\(statement)” was stopped at its deadline."
        case .unexpectedValue(let column, let expected):
            "Column \(column) holds no \(expected): the database is damaged or not ours."
        }
    }

    /// True when the process should end and be started again (exit code 74, EX_IOERR).
    public var isFatalToWriter: Bool {
        switch self {
        case .diskFailed, .closedForWriting: true
        default: false
        }
    }
}
