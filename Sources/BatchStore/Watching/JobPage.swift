package import BatchEngine

/// A job as a row of a table shows it.
package struct JobSummary: Sendable, Equatable {
    package var customID: String
    package var source: String
    /// Nil where its file no longer has it.
    package var line: Int?
    package var provider: String
    package var model: String
    package var status: JobStatus
    /// The attempts that counted.
    package var attempts: Int
    package var notBeforeMilliseconds: Int64?
    package var errorKind: String?
    package var error: String?
    package var createdMilliseconds: Int64
    package var updatedMilliseconds: Int64
    /// Of its answer; nil where it has none.
    package var finishReason: String?
    package var promptTokens: Int?
    package var completionTokens: Int?
    package var firstTokenMicroseconds: Int64?
    package var durationMicroseconds: Int64?
    package var costUSD: Double?
    package var segments: Int?

    /// The characters of an error that are shown.
    private static let shownError = 300

    /// The row of the job ?1.
    static let query: SQL = """
        SELECT j.custom_id, j.source, j.line, j.provider, j.model, j.status, j.attempts, j.not_before_ms, j.error_kind,
            substr(j.error, 1, 1000), j.created_ms, j.updated_ms, c.finish_reason, c.prompt_tokens, c.completion_tokens,
            c.ttft_us, c.duration_us, c.cost_usd, c.segments
        FROM main.jobs AS j LEFT JOIN main.completions AS c ON c.job_id = j.job_id AND c.choice = 0
        WHERE j.job_id = ?1
        """

    /// Reads a row of `query`.
    init(_ row: borrowing Statement) {
        customID = row.text(0)
        source = row.text(1)
        line = row.optionalInteger(2).map(Int.init)
        provider = row.text(3)
        model = row.text(4)
        status = row.word(5, else: .pending)
        attempts = row.optionalCount(6) ?? 0
        notBeforeMilliseconds = row.optionalUnixMilliseconds(7)
        errorKind = row.optionalText(8)
        error = row.optionalText(9).map { String($0.prefix(Self.shownError)) }
        createdMilliseconds = row.unixMilliseconds(10)
        updatedMilliseconds = row.unixMilliseconds(11)
        finishReason = row.optionalText(12)
        promptTokens = row.optionalCount(13)
        completionTokens = row.optionalCount(14)
        firstTokenMicroseconds = row.optionalMicroseconds(15)
        durationMicroseconds = row.optionalMicroseconds(16)
        costUSD = row.optionalMoney(17)
        segments = row.optionalInt(18)
    }
}

/// Some of the jobs that pass a search.
package struct JobPage: Sendable, Equatable {
    package var jobs: [JobSummary] = []
    /// Where the next page begins; nil behind the last.
    ///
    /// There may be fewer jobs than were asked for, even none, and more behind them.
    package var next: JobCursor?
    /// How many jobs were looked at.
    package var lookedAt = 0
}

extension BatchReader {
    /// The jobs that are looked at for a page: what passes may be rare, and a page may not take long.
    static let lookedAtForPage = 10_000

    /// The next jobs that pass a search, each with its answer's figures.
    ///
    /// - Parameters:
    ///   - search: which jobs.
    ///   - cursor: the `next` of the page before; nil for the first.
    ///   - limit: the most jobs of the page.
    package func jobs(
        _ search: JobSearch, after cursor: JobCursor? = nil, limit: Int
    ) throws(StoreError) -> JobPage {
        try read { (connection) throws(SQLiteFailure) in
            var page = JobPage()
            var found: [Int64] = []
            var walk = cursor?.walk
            if walk == nil { walk = try search.firstWalk(connection) }
            var place = cursor?.place
            while let current = walk, page.next == nil {
                let rows = try connection.prepare(current.sql)
                current.bind(search, behind: place, to: rows)
                while try rows.step() {
                    if found.count >= limit || page.lookedAt >= Self.lookedAtForPage {
                        page.next = JobCursor(walk: current, place: place)
                        break
                    }
                    page.lookedAt += 1
                    place = current.place(of: rows)
                    if rows.int(2) != 0 { found.append(rows.integer(1)) }
                }
                rows.reset()
                walk = try search.walk(behind: current, connection)
                place = nil
            }
            page.jobs = try Self.summaries(found, connection)
            return page
        }
    }

    private static func summaries(
        _ jobs: [Int64], _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [JobSummary] {
        let row = try connection.prepare(JobSummary.query)
        var summaries: [JobSummary] = []
        for job in jobs {
            row.bind(job, at: 1)
            if try row.step() { summaries.append(JobSummary(row)) }
            row.reset()
        }
        return summaries
    }

    /// The completed jobs that took longest, the longest first; reads all answers.
    package func slowestJobs(limit: Int) throws(StoreError) -> [JobSummary] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT job_id FROM main.completions WHERE choice = 0 AND duration_us IS NOT NULL
                ORDER BY duration_us DESC, job_id LIMIT ?1
                """)
            rows.bind(limit, at: 1)
            var jobs: [Int64] = []
            while try rows.step() { jobs.append(rows.integer(0)) }
            return try Self.summaries(jobs, connection)
        }
    }

    /// Some of the failed jobs, of each kind of error as many as of another where there are as many: kind after kind, those
    /// without one first, each as its jobs were stored.
    package func failedJobs(limit: Int) throws(StoreError) -> [JobSummary] {
        try read { (connection) throws(SQLiteFailure) in
            var kinds: [[Int64]] = []
            for kind in [nil] + JobSearch.kinds.map(Optional.some) {
                let walk = JobWalk.ended(.failed, kind: kind)
                let rows = try connection.prepare(walk.sql)
                walk.bind(JobSearch(), behind: nil, to: rows)
                var jobs: [Int64] = []
                while jobs.count < limit, try rows.step() { jobs.append(rows.integer(1)) }
                kinds.append(jobs)
            }
            return try Self.summaries(Self.inTurn(kinds, limit: limit), connection)
        }
    }

    /// As many of lists together, taken in turn, each list's own behind each other.
    private static func inTurn(_ lists: [[Int64]], limit: Int) -> [Int64] {
        var counts = lists.map { _ in 0 }
        var left = limit
        while left > 0 {
            let more = lists.indices.filter { counts[$0] < lists[$0].count }.prefix(left)
            if more.isEmpty { break }
            for index in more { counts[index] += 1 }
            left -= more.count
        }
        return zip(lists, counts).flatMap { $0.prefix($1) }
    }

    /// How many runs there are.
    package func runCount() throws(StoreError) -> Int {
        try read { (connection) throws(SQLiteFailure) in
            Int(try connection.integer("SELECT count(*) FROM runs") ?? 0)
        }
    }
}
