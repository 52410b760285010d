internal import CSQLite

extension SQLiteDatabase {
    /// How long a statement waits for another connection's lock before it is refused.
    static let busyMillisecondsMax: Int32 = 5_000

    /// The log is cut back to this size after a checkpoint, so a burst of writes does not keep its
    /// room for ever.
    static let logByteCountMax = 16 << 20

    /// A reader reads this much of the file through a mapping, without copying pages.
    static let mappedByteCountMax = 1 << 30

    /// Prepared statements kept; enough for every statement of a few hundred collections.
    static let cachedStatementCountMax = 1_024

    /// Applies the settings and reads back those that durability and erasure depend on.
    func configure(_ access: Access, path: String) throws {
        unsafe sqlite3_busy_timeout(connection, Self.busyMillisecondsMax)
        guard unsafe csqlite_harden(connection) == SQLITE_OK else {
            throw StorageError.cannotOpen(
                path: path, reason: "SQLite does not take the defensive settings")
        }
        switch access {
        case .readWrite: try configureWriter(path)
        case .readOnly: try execute("PRAGMA mmap_size=\(Self.mappedByteCountMax)")
        }
        try execute("PRAGMA cell_size_check=ON")
    }

    private func configureWriter(_ path: String) throws {
        try execute(
            """
            PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
            PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;
            PRAGMA journal_size_limit=\(Self.logByteCountMax);
            """)
        let expected = [
            ("journal_mode", "wal"), ("synchronous", "2"), ("secure_delete", "1"),
            ("foreign_keys", "1"),
        ]
        for (setting, value) in expected {
            let found = try self.setting(setting)
            guard found == value else {
                throw StorageError.cannotOpen(
                    path: path, reason: "\(setting) is \(found) and must be \(value)")
            }
        }
    }

    /// The value of a PRAGMA as SQLite reports it.
    public func setting(_ name: String) throws -> String {
        try first("SELECT CAST(\"\(name)\" AS TEXT) FROM pragma_\(name)") { try $0.text(0) } ?? ""
    }

    /// Moves the whole log into the database file and empties it. Throws `refused` while a reader
    /// holds it.
    public func checkpoint() throws {
        let isBusy = try first("PRAGMA wal_checkpoint(TRUNCATE)") { try $0.integer(0) != 0 }
        guard isBusy == false else {
            throw StorageError.refused(
                statement: "checkpoint", code: "\(SQLITE_BUSY)", reason: "a reader holds the log")
        }
    }
}
