package import BatchEngine
import LLMStreaming

/// What a database has counted, for a monitor: each by provider and model.
package struct BatchCounters: Sendable {
    /// A model, and what else tells a counter from another of the same name; nil for what was not told.
    package struct Key: Sendable, Hashable {
        package var model: ModelName
        package var words: [String?]

        package init(model: ModelName, words: [String?] = []) {
            self.model = model
            self.words = words
        }
    }

    /// How many values are not above each bound, and their sum.
    package struct Histogram: Sendable, Equatable {
        /// The bounds in seconds.
        package static let bounds = [
            0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900,
        ]

        /// By bound; the last counts all.
        package var counts: [Int]
        /// In seconds.
        package var sum: Double
    }

    /// Jobs by state.
    package var jobs: [Key: Int] = [:]
    /// Attempts that ended, by state and kind of error.
    package var attempts: [Key: Int] = [:]
    /// Attempts that are under way.
    package var openStreams: [Key: Int] = [:]
    /// Tokens of the completed answers: input, output, cached, reasoning.
    package var tokens: [Key: Int] = [:]
    /// US dollars of all responses by the tier that served; one whose tier was told late moves to that tier.
    package var cost: [Key: Double] = [:]
    /// Times to the first content of completed answers.
    package var firstToken: [Key: Histogram] = [:]
    /// Times of completed answers, the sum of their attempts.
    package var answer: [Key: Histogram] = [:]
    /// Jobs that wait for another attempt, by the kind of their last error.
    package var waiting: [Key: Int] = [:]
    /// Attempts that went on from kept text, by strategy.
    package var resumes: [Key: Int] = [:]
    /// Whether a worker holds the database's lock; nil where that cannot be known.
    package var hasWorker: Bool?

    package init() {}
}

extension BatchReader {
    /// Counts what the database holds; reads all jobs, attempts and answers once, range by range, but no text.
    ///
    /// What has to be sorted goes to temporary files, so that memory does not grow with the jobs.
    ///
    /// - Parameter pace: how the ranges are read.
    package func counters(at pace: RangePace = RangePace()) async throws(StoreError) -> BatchCounters {
        try await apart(at: pace) { (reader) async throws(StoreError) in try await reader.count(at: pace) }
    }

    private func count(at pace: RangePace) async throws(StoreError) -> BatchCounters {
        var counters = try await inRanges { () async throws(StoreError) in
            var counters = BatchCounters()
            try await eachRange(at: pace) { (connection) throws(SQLiteFailure) in
                try Self.addQueue(to: &counters, connection)
                try Self.addAnswers(to: &counters, connection)
                try Self.addCost(to: &counters, connection)
            }
            // Of few rows, whatever the number of jobs.
            try read { (connection) throws(SQLiteFailure) in
                try Self.count(
                    &counters.openStreams, words: 0, connection,
                    """
                    SELECT j.provider, j.model, count(*) FROM main.attempts AS a INDEXED BY attempts_running
                    CROSS JOIN jobs AS j USING (job_id) WHERE a.status = 'running' GROUP BY 1, 2
                    """)
            }
            return counters
        }
        counters.hasWorker = WorkerLock.isHeld(try DatabasePath(path))
        return counters
    }

    /// The statements on the jobs of a range and their attempts; each finds them by their numbers.
    static let rangeCounts: (jobs: SQL, waiting: SQL, attempts: SQL, resumes: SQL) = (
        jobs: "SELECT provider, model, count(*), status FROM main.jobs NOT INDEXED WHERE \(isInRange) GROUP BY 1, 2, 4",
        waiting: """
        SELECT provider, model, count(*), error_kind FROM main.jobs NOT INDEXED
        WHERE \(isInRange) AND not_before_ms IS NOT NULL GROUP BY 1, 2, 4
        """,
        attempts: """
        SELECT j.provider, j.model, count(*), a.status, a.error_kind
        FROM attempts AS a CROSS JOIN jobs AS j USING (job_id)
        WHERE a.status <> 'running' AND NOT (a.resume_strategy IS NULL AND a.resume_reason IS NOT NULL)
        GROUP BY 1, 2, 4, 5
        """,
        resumes: """
        SELECT j.provider, j.model, count(*), a.resume_strategy
        FROM attempts AS a CROSS JOIN jobs AS j USING (job_id) WHERE a.resumed_from IS NOT NULL GROUP BY 1, 2, 4
        """
    )

    private static let isInRange: SQL =
        "job_id BETWEEN (SELECT low FROM temp.job_range) AND (SELECT high FROM temp.job_range)"

    private static func addQueue(
        to counters: inout BatchCounters, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        try count(&counters.jobs, words: 1, connection, rangeCounts.jobs)
        try count(&counters.waiting, words: 1, connection, rangeCounts.waiting)
        try count(&counters.attempts, words: 2, connection, rangeCounts.attempts)
        try count(&counters.resumes, words: 1, connection, rangeCounts.resumes)
    }

    /// Adds rows of provider, model, count and words.
    private static func count(
        _ counts: inout [BatchCounters.Key: Int], words: Int32, _ connection: borrowing Connection, _ sql: SQL
    ) throws(SQLiteFailure) {
        let rows = try connection.prepare(sql)
        while try rows.step() {
            let words = (0..<words).map { rows.optionalText(3 + $0) }
            counts[key(rows, words), default: 0] += rows.int(2)
        }
    }

    private static func key(_ row: borrowing Statement, _ words: [String?]) -> BatchCounters.Key {
        BatchCounters.Key(model: ModelName(provider: row.text(0), model: row.text(1)), words: words)
    }

    private static func addAnswers(
        to counters: inout BatchCounters, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, c.prompt_tokens, c.completion_tokens, c.cached_tokens, c.reasoning_tokens,
                c.ttft_us, c.duration_us
            FROM completions AS c CROSS JOIN jobs AS j USING (job_id)
            WHERE c.choice = 0 AND c.copied_from IS NULL
            """)
        let kinds = ["input", "output", "cached", "reasoning"]
        while try rows.step() {
            for (index, kind) in kinds.enumerated() {
                guard let tokens = rows.optionalCount(Int32(2 + index)) else { continue }
                let name = key(rows, [kind])
                counters.tokens[name] = (counters.tokens[name] ?? 0).addingClamped(tokens)
            }
            let name = key(rows, [])
            if let time = rows.optionalMicroseconds(6) {
                counters.firstToken[name, default: .init()].add(microseconds: time)
            }
            if let time = rows.optionalMicroseconds(7) {
                counters.answer[name, default: .init()].add(microseconds: time)
            }
        }
    }

    private static func addCost(
        to counters: inout BatchCounters, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        let rows = try connection.prepare("SELECT provider, model, cost_usd, service_tier FROM usage_by_tier")
        while try rows.step() {
            guard let cost = rows.optionalMoney(2) else { continue }
            counters.cost[key(rows, [rows.optionalText(3)]), default: 0] += cost
        }
    }
}

extension BatchCounters.Histogram {
    package init() { self.init(counts: Self.bounds.map { _ in 0 } + [0], sum: 0) }

    package mutating func add(microseconds: Int64) {
        let seconds = Double(microseconds) / 1e6
        for index in Self.bounds.indices where seconds <= Self.bounds[index] { counts[index] += 1 }
        counts[counts.count - 1] += 1
        sum += seconds
    }
}
