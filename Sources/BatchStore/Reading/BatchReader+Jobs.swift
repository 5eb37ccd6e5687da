import BatchEngine

extension BatchReader {
    /// How many jobs of a scope are in each state.
    package func counts(in scope: JobScope = .all) throws(StoreError) -> JobCounts {
        try read { (connection) throws(SQLiteFailure) in
            switch scope {
            case .all: return try allCounts(connection)
            case .sources(let sources):
                // Mostly all that a database holds is from the files of its run.
                if Set(sources).isSuperset(of: try connection.texts(Self.sourceQuery)) {
                    let all = try allCounts(connection)
                    if all.gone == 0 { return all }
                }
                return try rowCounts(connection, Self.sourceCounts, scope)
            case .jobs: return try rowCounts(connection, Self.jobCounts, scope)
            }
        }
    }

    /// How many jobs of these files are not in them any more.
    package func goneCount(from sources: [String]) throws(StoreError) -> Int {
        try read { (connection) throws(SQLiteFailure) in
            var count = 0
            for source in Set(sources) { count += try goneCount(connection, source) }
            return count
        }
    }

    private func goneCount(_ connection: borrowing Connection, _ source: String) throws(SQLiteFailure) -> Int {
        let row = try connection.prepare(
            "SELECT count(*) FROM jobs INDEXED BY jobs_input WHERE source = ?1 AND line IS NULL")
        row.bind(source, at: 1)
        return try row.step() ? row.int(0) : 0
    }

    /// Counts jobs by their rows.
    private func rowCounts(
        _ connection: borrowing Connection, _ sql: StaticString, _ scope: JobScope
    ) throws(SQLiteFailure) -> JobCounts {
        let row = try connection.prepare(sql)
        row.bind(scope, at: 1)
        var counts = JobCounts()
        guard try row.step() else { return counts }
        counts.gone = row.int(0)
        let states: [JobStatus] = [.pending, .running, .interrupted, .completed, .failed, .cancelled]
        for (column, status) in states.enumerated() { counts.add(row.int(Int32(column + 1)), status) }
        return counts
    }

    // Neither grouped by state nor one statement for both: SQLite would keep every row in memory to sort them, 70 bytes
    // a job, or every row's number so as to meet none twice, 24.
    private static let sourceCounts: StaticString = """
        SELECT count(*) FILTER (WHERE line IS NULL),
            count(*) FILTER (WHERE status = 'pending' AND line IS NOT NULL),
            count(*) FILTER (WHERE status = 'running' AND line IS NOT NULL),
            count(*) FILTER (WHERE status = 'interrupted' AND line IS NOT NULL),
            count(*) FILTER (WHERE status = 'completed' AND line IS NOT NULL),
            count(*) FILTER (WHERE status = 'failed' AND line IS NOT NULL),
            count(*) FILTER (WHERE status = 'cancelled' AND line IS NOT NULL)
        FROM jobs
        WHERE source IN (SELECT value FROM json_each(?2))
        """
    private static let jobCounts: StaticString = """
        SELECT count(*) FILTER (WHERE line IS NULL), count(*) FILTER (WHERE status = 'pending'),
            count(*) FILTER (WHERE status = 'running'), count(*) FILTER (WHERE status = 'interrupted'),
            count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'),
            count(*) FILTER (WHERE status = 'cancelled')
        FROM jobs
        WHERE job_id IN (SELECT value FROM json_each(?2))
        """

    /// Counts all jobs from the indexes alone: a scan of the rows of a million takes a second.
    private func allCounts(_ connection: borrowing Connection) throws(SQLiteFailure) -> JobCounts {
        var counts = JobCounts()
        // In one transaction, so that no job is counted in two states.
        try connection.execute("BEGIN")
        defer { connection.rollBack() }
        for sql in Self.queueCounts {
            let row = try connection.prepare(sql)
            guard try row.step() else { continue }
            counts.interrupted += row.int(1)
            counts.pending += row.int(0) - row.int(1)
        }
        let ended = try connection.prepare(
            """
            SELECT count(*), coalesce(sum(status = 'cancelled'), 0) FROM jobs INDEXED BY jobs_failed
            WHERE status IN ('failed', 'cancelled')
            """)
        if try ended.step() {
            counts.cancelled = ended.int(1)
            counts.failed = ended.int(0) - ended.int(1)
        }
        // A job runs while an attempt of it does.
        let running = try connection.integer(
            """
            SELECT count(DISTINCT job_id) FROM main.attempts INDEXED BY attempts_running WHERE status = 'running'
            """)
        counts.running = Int(running ?? 0)
        let total = try connection.integer("SELECT count(*) FROM jobs")
        counts.completed = Int(total ?? 0) - counts.total
        for source in try connection.texts(Self.sourceQuery) {
            counts.gone += try goneCount(connection, source)
        }
        return counts
    }

    /// Rows that can run, and how many of them have text to go on from.
    private static let queueCounts: [StaticString] = [
        """
        SELECT count(*), coalesce(sum(status = 'interrupted'), 0) FROM jobs INDEXED BY jobs_ready
        WHERE status IN ('pending', 'interrupted') AND not_before_ms IS NULL
        """,
        """
        SELECT count(*), coalesce(sum(status = 'interrupted'), 0) FROM jobs INDEXED BY jobs_waiting
        WHERE not_before_ms IS NOT NULL
        """,
    ]

    /// What is stored under these ids; those that are not stored are left out.
    package func existing(customIDs: [String]) throws(StoreError) -> [String: StoredJob] {
        try read { (connection) throws(SQLiteFailure) in
            // Else the file is locked and unlocked for each of them.
            try connection.execute("BEGIN")
            defer { connection.rollBack() }
            let rows = try connection.prepare(
                "SELECT request_sha256, source, line, status, provider, model FROM jobs WHERE custom_id = ?1")
            var result: [String: StoredJob] = [:]
            for id in customIDs {
                rows.bind(id, at: 1)
                guard try rows.step() else { continue }
                result[id] = StoredJob(
                    identity: StoredIdentity(
                        requestSHA256: rows.text(0), source: rows.text(1), line: rows.optionalInteger(2).map(Int.init),
                        model: ModelName(provider: rows.text(4), model: rows.text(5))),
                    // The CHECK constraint allows no other word.
                    status: JobStatus(rawValue: rows.text(3)) ?? .pending)
                rows.reset()
            }
            return result
        }
    }

    /// A job with its request and metadata; nil where there is none of that id.
    package func job(customID: String) throws(StoreError) -> JobRecord? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.job_id, j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256, j.status,
                    j.attempts, j.not_before_ms, j.error_kind, j.error, j.created_ms, j.updated_ms, r.metadata
                FROM jobs AS j JOIN requests AS r USING (job_id)
                WHERE j.custom_id = ?1
                """)
            rows.bind(customID, at: 1)
            guard try rows.step() else { return nil }
            return JobRecord(rows)
        }
    }

    /// The request of a job as it is stored and sent: JSON.
    package func request(ofJob jobID: Int64) throws(StoreError) -> [UInt8]? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("SELECT request FROM requests WHERE job_id = ?1")
            rows.bind(jobID, at: 1)
            return try rows.step() ? rows.bytes(0) : nil
        }
    }
}
