import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// `stats` goes through the answers once and sorts on disk; what it tells is what the views tell.
@Suite struct StatisticsTests {
    /// Answers of three models with times in no order, some of them missing or impossible.
    private static let rows: SQL = """
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status, gaps,
            prompt_tokens, completion_tokens, response_id)
        SELECT i, i, 1, 1, 1, 'x', 0, 'completed', iif(i % 5, '{"1024":3,"' || (i % 7 * 256 + 2048) || '":1}', NULL),
            i % 13, i % 17, 'r' || i FROM n
        """
    private static let answers: SQL = """
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, usage_source, segments, seams,
            content, message, completion_tokens, billed_completion_tokens, ttft_us, duration_us)
        SELECT attempt_id, choice, attempt_id, 0, iif(attempt_id % 3, 'stop', 'length'), 'none',
            1 + (attempt_id % 10 = 0), '[]', 'x', '{}', attempt_id % 17, attempt_id % 19,
            iif(attempt_id % 11, attempt_id * 7919 % 100003, NULL),
            iif(attempt_id % 23, attempt_id * 104729 % 1000003 + iif(attempt_id % 29, 0, -1000000), NULL)
        FROM attempts CROSS JOIN (SELECT 0 AS choice UNION ALL SELECT 1) WHERE attempt_id <= 900
        """

    private static func store() async throws -> TestStore {
        let store = try await TestStore(jobs: newJobs(1_000))
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.execute(rows)
        try connection.execute(answers)
        try connection.execute("UPDATE jobs SET model = substr('cab', job_id % 3 + 1, 1), status = 'completed'")
        try connection.execute("UPDATE jobs SET model = 'none' WHERE job_id > 950")
        return store
    }

    @Test func quantilesAreThoseOfTheView() async throws {
        let store = try await Self.store()
        let models = try await store.database.reader.statistics().models
        #expect(models.map(\.model) == ["a", "b", "c"])
        let viewed = try store.rows(
            """
            SELECT model, jobs, ttft_us_p50, ttft_us_p90, ttft_us_p99, max(duration_us_p50, 0), duration_us_p90,
                duration_us_p99
            FROM latency ORDER BY 1
            """)
        let told = models.map { model in
            let values = [
                model.firstToken.p50, model.firstToken.p90, model.firstToken.p99, model.duration.p50,
                model.duration.p90, model.duration.p99,
            ]
            return "\(model.model)|\(model.completed)|" + values.map { "\(Int($0))" }.joined(separator: "|")
        }
        #expect(told == viewed)
        let completed = models.reduce(0) { $0 + $1.completed }
        let timed = models.reduce(0) { $0 + $1.firstToken.count }
        #expect(completed == 900 && timed == 819)
        try await store.database.close()
    }

    /// Neither the mean of the models' medians nor the greatest of their p99.
    @Test func theFirstTokensOfAllModelsAreRankedTogether() async throws {
        let store = try await Self.store()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.execute(
            "UPDATE completions SET ttft_us = ttft_us + 1000000 * (job_id IN (SELECT job_id FROM jobs WHERE model = 'a'))"
        )
        let statistics = try await store.database.reader.statistics()
        let values = try store.rows("SELECT ttft_us FROM completions WHERE choice = 0 AND ttft_us IS NOT NULL")
            .compactMap { Double($0) }
        let told = statistics.firstToken
        #expect(told.count == values.count && told.count == statistics.models.reduce(0) { $0 + $1.firstToken.count })
        for (percent, found) in [(50, told.p50), (90, told.p90), (99, told.p99)] {
            #expect(found == Percentile(percent).value(of: values), "p\(percent)")
        }
        let mean = statistics.models.reduce(0) { $0 + $1.firstToken.p50 } / Double(statistics.models.count)
        #expect(told.p50 != mean)
        try await store.database.close()
    }

    @Test func tokensPerSecondAreRankedLikeTheValuesInMemory() async throws {
        let store = try await Self.store()
        let models = try await store.database.reader.statistics().models
        let rows = try store.rows(
            """
            SELECT j.model, 1e6 * c.completion_tokens / (duration_us - ttft_us) FROM completions AS c
            JOIN jobs AS j USING (job_id) WHERE c.choice = 0 AND duration_us > ttft_us
            """
        ).map { $0.split(separator: "|") }
        for model in models {
            let values = rows.filter { $0[0] == model.model }.compactMap { Double($0[1]) }
            #expect(model.tokensPerSecond.count == values.count)
            for (percent, found) in [(50, model.tokensPerSecond.p50), (99, model.tokensPerSecond.p99)] {
                let expected = try #require(Percentile(percent).value(of: values))
                #expect(abs(found - expected) <= 1e-9 * expected)
            }
        }
        try await store.database.close()
    }

    @Test func gapsReasonsAndPiecesAreCounted() async throws {
        let store = try await Self.store()
        let statistics = try await store.database.reader.statistics()
        let gaps = statistics.models.reduce(0) { $0 + $1.gaps.count }
        #expect(gaps == 3_040)
        #expect(statistics.models.allSatisfy { $0.gaps.p50 == 1024 })
        var reasons: [FinishReason: Int] = [:]
        for model in statistics.models { reasons.merge(model.finishReasons) { $0 + $1 } }
        #expect(reasons == [.stop: 1_200, .length: 600])
        #expect(statistics.resuming.answers.map { $0.segments } == [1, 2])
        #expect(statistics.resuming.answers.map { $0.count } == [810, 90])
        let wasted = try store.rows(
            "SELECT sum(max(0, coalesce(billed_completion_tokens, 0) - coalesce(completion_tokens, 0))) FROM usage_by_model"
        )
        #expect(["\(statistics.resuming.wastedTokens)"] == wasted)
        // Asked a second time, and by a reader that then looks at other things, it is the same.
        #expect(try await store.database.reader.statistics().resuming.wastedTokens == statistics.resuming.wastedTokens)
        #expect(try await store.database.reader.counts().completed == 1_000)
        try await store.database.close()
    }
}
