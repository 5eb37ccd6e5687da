import BatchEngine
import LLMStreaming
import SharedMaterial
import Testing

@testable import BatchStore

/// What is counted range by range is what a query of all rows counts, label by label.
@Suite struct CountersTests {
    private static let seed: UInt64 = 23

    /// Jobs of several models in every state, with attempts, prices and answers.
    static func store(jobs count: Int) async throws -> TestStore {
        let providers = ["mock", "other"]
        let store = try await TestStore(
            jobs: (1...count).map { newJob("j\($0)", line: $0, provider: providers[$0 % 2]) })
        let connection = try Connection(path: store.database.path, access: .writing)
        var random = SplitMix64(state: seed)
        try connection.run("UPDATE jobs SET model = substr('abc', job_id % 3 + 1, 1)")
        // Some are gone, so that the numbers have gaps.
        try connection.run("DELETE FROM requests WHERE job_id % 11 = 0; DELETE FROM jobs WHERE job_id % 11 = 0")
        for job in 1...count where job % 11 != 0 {
            let state =
                [
                    "'completed'", "'failed', error_kind = 'auth'", "'running'", "'pending'", "'interrupted'",
                    "'pending', not_before_ms = 5, error_kind = 'rate_limit'", "'interrupted', not_before_ms = 7",
                ].randomElement(using: &random) ?? ""
            try connection.run("UPDATE jobs SET status = \(state) WHERE job_id = \(job)")
            for number in 1...Int.random(in: 1...3, using: &random) {
                let tier = ["NULL", "'flex'", "'default'"].randomElement(using: &random) ?? ""
                let cost = ["NULL", "0.5", "0.25"].randomElement(using: &random) ?? ""
                let end =
                    ["'completed', NULL", "'failed', 'cut'", "'interrupted', 'server'", "'running', NULL"]
                    .randomElement(using: &random) ?? ""
                // The second attempt is of the same response as the first, and goes on from it.
                try connection.run(
                    """
                    INSERT INTO attempts (job_id, number, counts, run_id, request_sha256, started_ms, status,
                        error_kind, response_id, prompt_tokens, chunk_count, cost_usd, service_tier, resumed_from, resume_strategy,
                        partial, gaps, http_status, error)
                    SELECT \(job), \(number), 1, 1, '', 0, \(end), iif(\(number) < 3, 'r\(job)', NULL), 3, 2, \(cost),
                        \(tier), iif(\(number) = 2, max(attempt_id), NULL), iif(\(number) = 2, 'prefill', NULL),
                        '{"tokens":4}', '{"1024":2}', iif(\(job) % 2, 500, NULL), 'e' || \(job)
                    FROM attempts WHERE job_id = \(job)
                    """)
            }
            guard state == "'completed'" else { continue }
            try connection.run(
                """
                INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, usage_source, segments,
                    seams, content, message, prompt_tokens, completion_tokens, cached_tokens, ttft_us, duration_us)
                SELECT \(job), 0, max(attempt_id), 0, 'stop', 'none', 1, '[]', '', '', 3, \(job), 1, \(job) * 7919 % 1009,
                    \(job) * 1000000
                FROM attempts WHERE job_id = \(job)
                """)
        }
        return store
    }

    /// So many jobs at once, by default without a pause.
    static func pace(
        _ jobs: Int, pause: (@Sendable (Duration) async throws -> Void)? = nil
    ) -> RangePace {
        var pace = RangePace()
        pace.jobs = jobs
        pace.pause = pause
        return pace
    }

    private static func lines(_ counts: [BatchCounters.Key: some Any]) -> [String] {
        counts.map { key, count in
            ([key.model.provider, key.model.model] + key.words.map { $0 ?? "" } + ["\(count)"]).joined(separator: "|")
        }.sorted()
    }

    @Test(arguments: [1, 7, 10_000]) func theCountersAreThoseOfTheTablesByEveryLabel(jobsOfRange: Int) async throws {
        let store = try await Self.store(jobs: 90)
        let counters = try await store.database.reader.counters(at: Self.pace(jobsOfRange))
        let attempts: SQL = "FROM attempts AS a JOIN jobs AS j USING (job_id)"
        for (name, told, query) in [
            ("jobs", counters.jobs, "SELECT provider, model, status, count(*) FROM jobs GROUP BY 1, 2, 3"),
            (
                "attempts", counters.attempts,
                """
                SELECT provider, model, a.status, a.error_kind, count(*) \(attempts) WHERE a.status <> 'running'
                GROUP BY 1, 2, 3, 4
                """
            ),
            (
                "open", counters.openStreams,
                "SELECT provider, model, count(*) \(attempts) WHERE a.status = 'running' GROUP BY 1, 2"
            ),
            (
                "waiting", counters.waiting,
                "SELECT provider, model, error_kind, count(*) FROM jobs WHERE not_before_ms > 0 GROUP BY 1, 2, 3"
            ),
            (
                "resumes", counters.resumes,
                """
                SELECT provider, model, resume_strategy, count(*) \(attempts) WHERE resumed_from IS NOT NULL
                GROUP BY 1, 2, 3
                """
            ),
            (
                "tokens", counters.tokens.filter { $0.key.words == ["output"] },
                """
                SELECT provider, j.model, 'output', sum(c.completion_tokens)
                FROM completions AS c JOIN jobs AS j USING (job_id) GROUP BY 1, 2
                """
            ),
        ] as [(String, [BatchCounters.Key: Int], SQL)] {
            let rows = try store.rows(query)
            #expect(!rows.isEmpty && Self.lines(told) == rows.sorted(), "\(name), seed \(Self.seed)")
        }
        let costs = try store.rows(
            "SELECT provider, model, service_tier, cost_usd FROM usage_by_tier WHERE cost_usd IS NOT NULL")
        #expect(costs.count > 6 && Self.lines(counters.cost) == costs.sorted(), "seed \(Self.seed)")
        let times = try store.rows(
            """
            SELECT provider, j.model, count(*), CAST(sum(duration_us) / 1000000 AS INTEGER)
            FROM completions AS c JOIN jobs AS j USING (job_id) GROUP BY 1, 2 ORDER BY 1, 2
            """)
        let told = counters.answer.map { key, histogram in
            "\(key.model.provider)|\(key.model.model)|\(histogram.counts.last ?? 0)|\(Int(histogram.sum))"
        }
        #expect(told.sorted() == times, "seed \(Self.seed)")
        try await store.database.close()
    }

    @Test(arguments: [1, 7]) func statisticsOfRangesAreThoseOfAllJobs(jobsOfRange: Int) async throws {
        let store = try await Self.store(jobs: 90)
        let reader = store.database.reader
        let (all, ranges) = (
            try await reader.statistics(), try await reader.statistics(at: Self.pace(jobsOfRange))
        )
        #expect(ranges.usage.map { "\($0)" } == all.usage.map { "\($0)" } && all.usage.count == 6)
        #expect(ranges.tiers.map { "\($0)" } == all.tiers.map { "\($0)" } && all.tiers.count > 12)
        #expect(ranges.faults.map { "\($0)" } == all.faults.map { "\($0)" } && all.faults.count == 4)
        #expect("\(ranges.resuming)" == "\(all.resuming)" && all.resuming.savedTokens > 0)
        #expect(ranges.models.map { "\($0.gaps)" } == all.models.map { "\($0.gaps)" })
        #expect(ranges.firstToken == all.firstToken && all.firstToken.count > 0)
        // And those are what the views tell.
        let tiers = all.tiers.map { tier in
            "\(tier.provider)|\(tier.model)|\(tier.serviceTier ?? "")|\(tier.responses)|\(tier.unpriced)"
        }
        #expect(
            try store.rows(
                "SELECT provider, model, service_tier, responses, unpriced FROM usage_by_tier ORDER BY 1, 2, 3")
                == tiers)
        let faults = all.faults.map { fault -> String in
            let status = fault.httpStatus.map { "\($0)" } ?? ""
            return "\(fault.kind)|\(status)|\(fault.attempts)|\(fault.jobs)|\(fault.example ?? "")"
        }
        #expect(
            try store.rows(
                "SELECT error_kind, http_status, tries, jobs, example FROM errors_by_kind ORDER BY 3 DESC, 1, 2")
                == faults)
        // What is asked next is not of a range.
        let count = try store.rows("SELECT count(*) FROM attempts WHERE prompt_tokens > 0")
        #expect(try await reader.attemptCount() == count)
        #expect(try await reader.counts().total == 82)
        try await store.database.close()
    }

    /// One statement over all rows would hold its transaction for seconds.
    @Test func eachStatementOfARangeFindsItsRowsByAnIndex() async throws {
        let store = try await Self.store(jobs: 30)
        let counts = BatchReader.rangeCounts
        for query: SQL in [
            counts.jobs, counts.waiting, counts.attempts, counts.resumes, "SELECT * FROM usage_by_model",
            "SELECT * FROM usage_by_tier", "SELECT * FROM errors_by_kind", "SELECT * FROM resumed_attempts",
            "SELECT * FROM completions AS c CROSS JOIN jobs AS j USING (job_id) WHERE c.choice = 0",
            "SELECT * FROM attempts AS a CROSS JOIN jobs AS j USING (job_id) WHERE a.gaps IS NOT NULL",
        ] {
            let connection = try Connection(path: store.database.path, access: .reading)
            try connection.execute("PRAGMA query_only = OFF")
            try connection.run(BatchSchema.temporaryViews(for: BatchSchema.version, isOfRange: true))
            let plan = try connection.plan(of: query)
            let steps = plan.filter { $0.contains("main.") || $0.contains(" jobs ") || $0.contains(" j ") }
            #expect(!steps.isEmpty, "\(plan)")
            for step in steps {
                #expect(step.contains("(job_id>? AND job_id<?)") || step.contains("(rowid"), "\(query): \(plan)")
            }
        }
        try await store.database.close()
    }

    /// What a range leaves behind where it is cut short is no range of what is asked next.
    @Test func aFaultWithinARangeLeavesTheReaderWhole() async throws {
        let store = try await Self.store(jobs: 30)
        let reader = store.database.reader
        await #expect(throws: StoreError.self) { try await reader.failWithinARange() }
        let count = try store.rows("SELECT count(*) FROM attempts WHERE prompt_tokens > 0")
        #expect(try await reader.attemptCount() == count)
        #expect(try await reader.counters(at: Self.pace(7)).jobs.values.reduce(0, +) == 28)
        try await store.database.close()
    }
}

extension BatchReader {
    func attemptCount() throws(StoreError) -> [String] {
        try read { (connection) throws(SQLiteFailure) in
            try connection.texts("SELECT count(*) FROM attempts WHERE prompt_tokens > 0")
        }
    }

    fileprivate func failWithinARange() async throws(StoreError) {
        try await inRanges { () async throws(StoreError) in
            try await eachRange(at: RangePace()) { (connection) throws(SQLiteFailure) in
                try connection.execute("SELECT * FROM nowhere")
            }
        }
    }
}
