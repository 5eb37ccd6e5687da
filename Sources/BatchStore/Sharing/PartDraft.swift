package import BatchEngine

/// What a worker had published with a part: what changed since then is told by it.
package struct PublishedState: Sendable, Equatable {
    /// The greatest number of an attempt, and of a chunk.
    var attempt: Int64 = 0
    var chunk: Int64 = 0
    /// The attempts that were open.
    var open: [Int64] = []
    /// The newest run, its newest second, and how many before that it had.
    var run: Int64 = 0
    var second: Int64 = 0
    var secondsBefore: Int64 = 0
    /// How many lines had been left out.
    var rejected: Int64 = 0
    /// How many jobs were cancelled, and when the newest of them was.
    var cancelled: Int64 = 0
    var cancelledMilliseconds: Int64 = 0
}

/// Which notes of what is published are believed: those of this folder, by workers whose parts are in it.
package struct PublishedNotes: Sendable, Equatable {
    /// The folder's real path: it may be typed in several ways.
    package var folder: String
    /// Whose parts were there; nil where that is not known, and every note of the folder holds.
    package var workers: Set<WorkerName>?
}

/// Makes a part on the local disk: the rows of the jobs that changed, with the numbers that they have in the database.
///
/// A job is taken whole, with all of its attempts, so that a part means the same to a merge as a database does. An attempt
/// that is open stays so: who reads the part does with it what is done with a dead worker's. All is read in one
/// transaction on a connection of its own, so that it is one state of the database, and the writer goes on meanwhile.
struct PartDraft: ~Copyable {
    /// What is in it.
    struct Contents: Equatable {
        var state: PublishedState
        var jobs: Int
    }

    /// A part that holds little is small too: with SQLite's own 4 KiB the empty tables and indexes take 100.
    private static let pageBytes: SQL = "PRAGMA page_size = 1024"

    let connection: Connection

    /// Makes an empty file, where nothing is.
    ///
    /// - Parameter notes: of what is published where parts go.
    private init(
        _ file: DatabasePath, of database: DatabasePath, notes: PublishedNotes
    ) throws(StoreError) {
        try DatabaseFile.create(file)
        connection = try file.naming { () throws(SQLiteFailure) in
            let connection = try Connection(path: file.real, access: .writing)
            // The database is the worker's: closing this connection changes nothing beside it.
            connection.setCheckpointsOnClose(false)
            connection.setLockTimeout(milliseconds: 5_000)
            connection.stopWhenCancelled()
            try connection.execute(Self.pageBytes)
            // Who finds it unfinished takes it away.
            try connection.execute("PRAGMA journal_mode = OFF")
            try connection.execute("PRAGMA synchronous = OFF")
            try connection.run(BatchSchema.tables)
            let attach = try connection.prepare("ATTACH ?1 AS source")
            attach.bind(database.real, at: 1)
            try attach.run()
            try Self.note(notes, connection)
            return connection
        }
    }

    private static func note(
        _ notes: PublishedNotes, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        try connection.execute("CREATE TEMP TABLE folder (path TEXT NOT NULL, workers TEXT)")
        let folder = try connection.prepare("INSERT INTO temp.folder (path, workers) VALUES (?1, ?2)")
        folder.bind(notes.folder, at: 1)
        folder.bind(list: notes.workers?.map(\.text), at: 2)
        try folder.run()
    }

    /// Makes the file of a part.
    ///
    /// - Parameters:
    ///   - file: where; nothing is there.
    ///   - notes: of what is published where it goes.
    ///   - since: what was published before; nil for nothing of the runs that have not published all there.
    ///   - isLast: whether the run's end is told, though no job may have changed.
    /// - Returns: nil where nothing is to be told; the file is of no use then.
    static func make(
        at file: DatabasePath, of database: DatabasePath, notes: PublishedNotes, since: PublishedState?, isLast: Bool
    ) throws(StoreError) -> Contents? {
        let draft = try PartDraft(file, of: database, notes: notes)
        return try file.naming { () throws(SQLiteFailure) in
            try draft.connection.execute("BEGIN")
            let contents = try draft.fill(since: since, isLast: isLast)
            try draft.connection.execute("COMMIT")
            return contents
        }
    }

    /// How many jobs have changed since a part.
    static func changes(
        at file: DatabasePath, of database: DatabasePath, notes: PublishedNotes, since: PublishedState?
    ) throws(StoreError) -> Int {
        let draft = try PartDraft(file, of: database, notes: notes)
        return try file.naming { () throws(SQLiteFailure) in
            try draft.choose(since)
            return Int(try draft.connection.integer("SELECT count(*) FROM temp.chosen") ?? 0)
        }
    }

    private func fill(since: PublishedState?, isLast: Bool) throws(SQLiteFailure) -> Contents? {
        try choose(since)
        let jobs = try connection.integer("SELECT count(*) FROM temp.chosen") ?? 0
        if jobs == 0 {
            guard isLast, try hasEnd() else { return nil }
        }
        for table in ["jobs", "requests", "attempts", "completions"] {
            try copy(table, "job_id IN (SELECT job_id FROM temp.chosen)")
        }
        try copyChunks()
        try copy("runs", "run_id IN (SELECT run_id FROM main.attempts) OR \(Self.isUnpublished)")
        try copy("run_seconds", "run_id IN (SELECT run_id FROM main.runs) AND \(Self.isNewSecond(since))")
        try copy("run_changes", "run_id IN (SELECT run_id FROM main.runs)")
        let state = try state()
        if state.rejected != since?.rejected ?? 0 { try copy("rejected_lines", "true") }
        return Contents(state: state, jobs: Int(jobs))
    }

    // MARK: What changed

    /// Runs of this database, not of others that were taken in, of which something may not be in any part there.
    ///
    /// A folder may have been deleted and made anew since: what is noted of it holds while parts of who noted it are there.
    private static let isUnpublished = """
        options ->> '$.sharing.taken' IS NULL
            AND (options ->> '$.sharing.published' IS NOT (SELECT path FROM temp.folder)
                OR (SELECT workers IS NOT NULL FROM temp.folder)
                    AND coalesce(options ->> '$.sharing.by', options ->> '$.sharing.worker', '') NOT IN (
                        SELECT value FROM json_each((SELECT workers FROM temp.folder))))
        """

    /// Jobs that were cancelled, which the index alone finds; they may never have been sent.
    private static let isCancelled: SQL = "status IN ('failed', 'cancelled') AND status = 'cancelled'"

    private func choose(_ since: PublishedState?) throws(SQLiteFailure) {
        try connection.execute("CREATE TEMP TABLE chosen (job_id INTEGER PRIMARY KEY)")
        guard let since else {
            try connection.run(
                """
                INSERT OR IGNORE INTO temp.chosen SELECT job_id FROM source.attempts
                WHERE run_id IN (SELECT run_id FROM source.runs WHERE \(Self.isUnpublished))
                """)
            // No row says which run they were cancelled in.
            return try connection.execute(
                "INSERT OR IGNORE INTO temp.chosen SELECT job_id FROM source.jobs WHERE \(Self.isCancelled)")
        }
        let new = try connection.prepare(
            """
            INSERT OR IGNORE INTO temp.chosen SELECT job_id FROM source.attempts
            WHERE attempt_id > ?1 AND attempt_id < \(WriteSession.endOfAttempts)
            """)
        new.bind(since.attempt, at: 1)
        try new.run()
        try chooseOpen(since)
        try chooseCancelled(since)
    }

    private func chooseOpen(_ since: PublishedState) throws(SQLiteFailure) {
        // One that was open has ended, or has brought something.
        let open = try connection.prepare(
            """
            INSERT OR IGNORE INTO temp.chosen SELECT a.job_id FROM json_each(?1) AS e
            CROSS JOIN source.attempts AS a ON a.attempt_id = e.value
            WHERE a.status <> 'running'
                OR a.attempt_id IN (SELECT attempt_id FROM source.chunks WHERE chunk_id > ?2)
            """)
        open.bind(list: since.open, at: 1)
        open.bind(since.chunk, at: 2)
        try open.run()
    }

    private func chooseCancelled(_ since: PublishedState) throws(SQLiteFailure) {
        // Where the date was set back meanwhile, more than there were are as old as the newest was: then all are chosen.
        let cancelled = try connection.prepare(
            """
            INSERT OR IGNORE INTO temp.chosen SELECT job_id FROM source.jobs
            WHERE \(Self.isCancelled) AND (updated_ms > ?1 OR (
                SELECT count(*) FROM source.jobs
                WHERE \(Self.isCancelled) AND updated_ms <= ?1) > ?2)
            """)
        cancelled.bind(since.cancelledMilliseconds, at: 1)
        cancelled.bind(since.cancelled, at: 2)
        try cancelled.run()
    }

    /// Whether the newest run has sent anything: only then is its end of interest.
    private func hasEnd() throws(SQLiteFailure) -> Bool {
        try connection.integer(
            """
            SELECT 1 FROM source.attempts WHERE run_id = (SELECT max(run_id) FROM source.runs) LIMIT 1
            """) != nil
    }

    private func state() throws(SQLiteFailure) -> PublishedState {
        let open = try connection.prepare("SELECT attempt_id FROM source.attempts WHERE status = 'running'")
        var state = PublishedState()
        while try open.step() { state.open.append(open.integer(0)) }
        state.attempt =
            try connection.integer(
                "SELECT max(attempt_id) FROM source.attempts WHERE attempt_id < \(WriteSession.endOfAttempts)") ?? 0
        state.chunk = try connection.integer("SELECT max(chunk_id) FROM source.chunks") ?? 0
        try noteSeconds(&state)
        state.rejected = try connection.integer("SELECT count(*) FROM source.rejected_lines") ?? 0
        let cancelled = try connection.prepare(
            """
            SELECT count(*), coalesce(max(updated_ms), 0) FROM source.jobs
            WHERE \(Self.isCancelled)
            """)
        if try cancelled.step() {
            state.cancelled = cancelled.integer(0)
            state.cancelledMilliseconds = cancelled.integer(1)
        }
        return state
    }

    // MARK: Rows

    /// Copies rows of a table as they are; its columns may stand in another order where the file is older.
    private func copy(_ table: String, _ condition: String) throws(SQLiteFailure) {
        let columns = try BatchReader.list(BatchReader.columns(of: table, connection))
        try connection.run(
            "INSERT INTO main.\(table) (\(columns)) SELECT \(columns) FROM source.\(table) WHERE \(condition)")
    }
}
