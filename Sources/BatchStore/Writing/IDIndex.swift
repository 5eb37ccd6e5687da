import CSQLite

/// The index of ids, which the load of a new file goes without.
///
/// Each page of jobs with ids in any order would rewrite most of the index; made once, behind the load, it is written in
/// order. A process that dies in between leaves a whole database without the index: readers then look through the jobs, and
/// the next worker makes it.
enum IDIndex {
    /// Makes the index where it is missing.
    static func make(_ connection: borrowing Connection) throws(SQLiteFailure) {
        guard try isMissing(connection) else { return }
        do { try run(BatchSchema.idIndex, connection) } catch  where error.primaryCode == SQLITE_CONSTRAINT {
            throw SQLiteFailure(code: SQLITE_CORRUPT, message: "another program has stored two jobs with one id")
        }
    }

    /// Makes an index of many rows.
    ///
    /// Memory would have to hold all that is sorted; so it holds as much as fits the cache, and a file the rest.
    static func run(_ statement: String, _ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute("PRAGMA temp_store = FILE")
        defer { try? connection.execute("PRAGMA temp_store = MEMORY") }
        do { try connection.run(statement) } catch {
            switch error.primaryCode {
            case SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_FULL, SQLITE_READONLY:
                // Nowhere is a place for temporary files: without the index no run could begin.
                try connection.execute("PRAGMA temp_store = MEMORY")
                try connection.run(statement)
            default: throw error
            }
        }
    }

    /// Takes the index away where no job is stored; a table of an earlier schema keeps it.
    ///
    /// - Returns: whether ids have no index now.
    static func drop(_ connection: borrowing Connection) throws(SQLiteFailure) -> Bool {
        guard try connection.integer("SELECT 1 FROM jobs LIMIT 1") == nil else { return false }
        try connection.execute("DROP INDEX IF EXISTS jobs_id")
        return try isMissing(connection)
    }

    /// Whether no index has the ids.
    static func isMissing(_ connection: borrowing Connection) throws(SQLiteFailure) -> Bool {
        try connection.integer(
            """
            SELECT 1 FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'jobs'
                AND name IN ('jobs_id', 'sqlite_autoindex_jobs_1')
            """) == nil
    }
}

extension WriteSession {
    /// Lets jobs be stored without the index of ids until `endLoad`, unless there is a job already.
    ///
    /// No two that are stored meanwhile may have one id.
    mutating func beginLoad() throws(SQLiteFailure) {
        jobs.isLoading = try transaction { (session) throws(SQLiteFailure) in try IDIndex.drop(session.connection) }
    }

    /// Makes the index of ids where a load went without it.
    mutating func endLoad() throws(SQLiteFailure) {
        guard jobs.isLoading else { return }
        try IDIndex.make(connection)
        jobs.isLoading = false
    }
}
