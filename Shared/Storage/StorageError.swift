/// What can go wrong between the program and its database.
public enum StorageError: Error, Equatable, CustomStringConvertible {
    /// The database cannot be opened or made as this program needs it. `path` is a file, or an
    /// address without its password.
    case cannotOpen(path: String, reason: String)
    /// The database was written by a later version of this program.
    case newerSchema(path: String, found: Int, known: Int)
    /// The database refused a statement; `code` is SQLite's extended result code, or an SQLSTATE.
    case refused(statement: String, code: String, reason: String)
    /// No server answers at the address. Nothing was done; the next use tries again.
    case unreachable(server: String, reason: String)
    /// The server went away during a statement. Outside a transaction, and during COMMIT, nobody
    /// knows whether it was carried out; within a transaction nothing of that was.
    case connectionLost(statement: String, reason: String)
    /// Others held a lock for too long. Nothing was done.
    case contended(statement: String)
    /// PostgreSQL has no room in a text for the character U+0000. Nothing was done.
    case unstorableText(statement: String)
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
            "The database refused “\(statement)” (code \(code)): \(reason)."
        case .unreachable(let server, let reason):
            "Cannot reach the database \(server): \(reason). The next use tries again."
        case .connectionLost(let statement, let reason):
            """
            The database went away during “\(statement)”: \(reason). Look whether it was carried \
            out before you do it again.
            """
        case .contended(let statement):
            "Others held the lock for “\(statement)” too long; nothing was done. Try again."
        case .unstorableText(let statement):
            "“\(statement)” has a text with the character U+0000, which PostgreSQL cannot store."
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

    /// True for what passes without anybody's help: the same may succeed a moment later.
    public var isPassing: Bool {
        switch self {
        case .unreachable, .connectionLost, .contended, .deadlineExceeded: true
        default: false
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
