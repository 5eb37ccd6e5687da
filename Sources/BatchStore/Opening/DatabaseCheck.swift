import CSQLite

/// Finds damage before anything is written.
enum DatabaseCheck {
    /// The bytes up to which a file is checked whole, which takes some tens of milliseconds; of a larger one only the
    /// schema, the size and the ends of the tables are.
    static let wholeBytes = 8 << 20

    /// Checks the main file alone, without a change to it or beside it.
    ///
    /// For a file without a WAL or journal: with one, the main file may be behind.
    static func inspect(_ path: DatabasePath) throws(StoreError) {
        let size = DatabasePath.size(of: path.real) ?? 0
        let fault: String?
        do {
            let connection = try Connection(path: path.real, access: .inspecting)
            let isWhole = try Self.isWhole(header: connection.header(count: 32), size: size)
            fault = isWhole ? try Self.fault(connection, bytes: size) : "its end is missing"
        } catch {
            throw damage(error, path)
        }
        if let fault { throw StoreError(.corrupt, path: path.real, reason: fault) }
    }

    /// Checks what a connection sees.
    static func check(_ connection: borrowing Connection, path: DatabasePath) throws(StoreError) {
        let size = [path.real, path.writeAheadLog].compactMap(DatabasePath.size).reduce(0, +)
        let fault: String?
        do { fault = try Self.fault(connection, bytes: size) } catch { throw damage(error, path) }
        if let fault { throw StoreError(.corrupt, path: path.real, reason: fault) }
    }

    /// Whether the file is as long as its header says (sqlite.org/fileformat2.html, 1.3).
    private static func isWhole(header: [UInt8], size: Int) -> Bool {
        let pageSize = Int(header[16]) << 8 | Int(header[17])
        let pages = header[28..<32].reduce(0) { $0 << 8 | Int($1) }
        return size >= pages * (pageSize == 1 ? 65_536 : pageSize)
    }

    private static func fault(_ connection: borrowing Connection, bytes: Int) throws(SQLiteFailure) -> String? {
        let tables = try connection.integer(
            """
            SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('runs', 'run_seconds', 'jobs',
                'requests', 'attempts', 'chunks', 'completions', 'rejected_lines')
            """)
        guard tables == 8 else { return "tables are missing" }
        if bytes <= wholeBytes {
            let faults = try connection.texts("PRAGMA quick_check(1)")
            // A page that the disk does not give is not a damaged page.
            if faults.contains(where: { $0.contains(unreadable) }) { throw .diskFailed }
            if faults != ["ok"] { return faults.first ?? "quick_check says nothing" }
        }
        for sql in ends { _ = try connection.integer(sql) }
        return nil
    }

    /// How quick_check reports SQLITE_IOERR_CORRUPTFS.
    private static let unreadable = "error code=\(SQLITE_IOERR | 33 << 8)"

    private static let ends: [SQL] = [
        "SELECT 1 FROM runs LIMIT 1", "SELECT 1 FROM run_seconds LIMIT 1", "SELECT max(job_id) FROM jobs",
        "SELECT max(job_id) FROM requests", "SELECT max(attempt_id) FROM attempts", "SELECT max(chunk_id) FROM chunks",
        "SELECT 1 FROM completions LIMIT 1", "SELECT 1 FROM rejected_lines LIMIT 1",
    ]

    private static func damage(_ failure: SQLiteFailure, _ path: DatabasePath) -> StoreError {
        // Whatever an unreadable schema makes of these statements is damage: the mark says that it is our file.
        switch failure.primaryCode {
        case SQLITE_NOTADB, SQLITE_ERROR: StoreError(.corrupt, path: path.real, reason: failure.message)
        default: failure.storeError(path: path.real)
        }
    }
}
