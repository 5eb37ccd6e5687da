import BatchEngine
package import LLMStreaming

/// How many jobs of a scope are in each state.
package struct JobCounts: Sendable, Equatable {
    package var pending = 0
    package var running = 0
    /// Those with kept text that can be used.
    package var interrupted = 0
    package var completed = 0
    package var failed = 0
    package var cancelled = 0
    /// Those that were stored from their file and are not in it now.
    ///
    /// In a scope of files they are in no other count; otherwise they are also counted by their state.
    package var gone = 0

    package init() {}

    /// All states together.
    package var total: Int { pending + running + interrupted + completed + failed + cancelled }

    /// Adds those of another part of the scope, or of another database, so many times, which may be negative.
    mutating func add(_ other: JobCounts, times: Int = 1) {
        for (status, count) in [
            (JobStatus.pending, other.pending), (.running, other.running), (.interrupted, other.interrupted),
            (.completed, other.completed), (.failed, other.failed), (.cancelled, other.cancelled),
        ] { add(count * times, status) }
        gone += other.gone * times
    }

    mutating func add(_ count: Int, _ status: JobStatus) {
        switch status {
        case .pending: pending += count
        case .running: running += count
        case .interrupted: interrupted += count
        case .completed: completed += count
        case .failed: failed += count
        case .cancelled: cancelled += count
        }
    }
}

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
            case .input:
                var counts = try rowCounts(connection, Self.newCounts, scope)
                counts.add(try rowCounts(connection, Self.enteredCounts, scope))
                return counts
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
            "SELECT count(*) FROM main.jobs INDEXED BY jobs_input WHERE source = ?1 AND line IS NULL")
        row.bind(source, at: 1)
        return try row.step() ? row.int(0) : 0
    }

    /// Counts jobs by their rows.
    private func rowCounts(
        _ connection: borrowing Connection, _ sql: SQL, _ scope: JobScope
    ) throws(SQLiteFailure) -> JobCounts {
        let row = try connection.prepare(sql)
        row.bind(scope)
        var counts = JobCounts()
        guard try row.step() else { return counts }
        counts.gone = row.int(0)
        let states: [JobStatus] = [.pending, .running, .interrupted, .completed, .failed, .cancelled]
        for (column, status) in states.enumerated() { counts.add(row.int(Int32(column + 1)), status) }
        return counts
    }

    private static let sourceCounts = countingRows(
        where: "source IN (SELECT value FROM json_each(?5))", ifByState: "line IS NOT NULL")
    private static let jobCounts = countingRows(
        where: "job_id IN (SELECT value FROM json_each(?5))", ifByState: "TRUE")
    private static let newCounts = countingRows(where: JobScope.newInInput(of: "job_id"), ifByState: "TRUE")
    private static let enteredCounts = countingRows(
        where: "job_id <= ?5 AND job_id IN (SELECT job_id FROM temp.input_jobs)", ifByState: "TRUE")

    /// Counts the jobs that are gone, and by state those of which a condition holds.
    ///
    /// Neither grouped by state nor one statement for two scopes: SQLite would keep every row in memory to sort them,
    /// 70 bytes a job, or every row's number so as to meet none twice, 24.
    private static func countingRows(where isInScope: SQL, ifByState isCounted: SQL) -> SQL {
        """
        SELECT count(*) FILTER (WHERE line IS NULL),
            count(*) FILTER (WHERE status = 'pending' AND \(isCounted)),
            count(*) FILTER (WHERE status = 'running' AND \(isCounted)),
            count(*) FILTER (WHERE status = 'interrupted' AND \(isCounted)),
            count(*) FILTER (WHERE status = 'completed' AND \(isCounted)),
            count(*) FILTER (WHERE status = 'failed' AND \(isCounted)),
            count(*) FILTER (WHERE status = 'cancelled' AND \(isCounted))
        FROM jobs
        WHERE \(isInScope)
        """
    }

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
            SELECT count(*), coalesce(sum(status = 'cancelled'), 0) FROM main.jobs INDEXED BY jobs_failed
            WHERE status IN ('failed', 'cancelled')
            """)
        if try ended.step() {
            counts.cancelled = ended.int(1)
            counts.failed = ended.int(0) - ended.int(1)
        }
        // A job runs while an attempt of it does.
        let running = try connection.integer(
            "SELECT count(DISTINCT job_id) FROM main.attempts INDEXED BY attempts_running WHERE status = 'running'")
        counts.running = Int(running ?? 0)
        let total = try connection.integer("SELECT count(*) FROM jobs")
        counts.completed = Int(total ?? 0) - counts.total
        for source in try connection.texts(Self.sourceQuery) { counts.gone += try goneCount(connection, source) }
        return counts
    }

    /// Rows that can run, and how many of them have text to go on from.
    private static let queueCounts: [SQL] = [
        """
        SELECT count(*), coalesce(sum(status = 'interrupted'), 0) FROM main.jobs INDEXED BY jobs_ready
        WHERE status IN ('pending', 'interrupted') AND not_before_ms IS NULL
        """,
        """
        SELECT count(*), coalesce(sum(status = 'interrupted'), 0) FROM main.jobs INDEXED BY jobs_waiting
        WHERE not_before_ms IS NOT NULL
        """,
    ]
}

/// How the answers of a database ended, as far as its rows were read.
package struct FinishReasonCounts: Sendable, Equatable {
    package fileprivate(set) var counts: [FinishReason: Int] = [:]
    /// The row that was read last.
    fileprivate var last: Int64 = 0

    package init() {}
}

extension BatchReader {
    /// Counts the answers by their ends.
    ///
    /// Reads every row of the answers once: a million take about a second.
    ///
    /// - Parameter earlier: what an earlier call gave; only later rows are then read.
    package func finishReasons(since earlier: FinishReasonCounts = .init()) throws(StoreError) -> FinishReasonCounts {
        var result = earlier
        // In pages, since a transaction that stays open keeps the WAL from shrinking.
        while try readPage(&result) {}
        return result
    }

    private func readPage(_ result: inout FinishReasonCounts) throws(StoreError) -> Bool {
        let (start, counts) = (result.last, result.counts)
        let page = try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                "SELECT rowid, finish_reason FROM main.completions WHERE rowid > ?1 ORDER BY rowid LIMIT 50000")
            rows.bind(start, at: 1)
            var page = (counts: counts, last: start)
            while try rows.step() {
                page.last = rows.integer(0)
                page.counts[rows.word(1, else: .unknown), default: 0] += 1
            }
            return page
        }
        (result.counts, result.last) = page
        return page.last > start
    }
}
