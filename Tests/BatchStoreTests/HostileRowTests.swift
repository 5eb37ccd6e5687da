import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// A database stays readable whatever is in it: others may write to it, and earlier versions have.
@Suite struct HostileRowTests {
    /// A database with two answers, in which a script then writes.
    private func store(_ script: String) async throws -> TestStore {
        let store = try await TestStore(jobs: newJobs(3))
        for id in ["j1", "j2"] { try await store.complete(id) }
        try await store.database.flush()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(script)
        return store
    }

    /// SQL's sum() ends with "integer overflow" where two of these meet.
    @Test func tokensAtTheLimitAreLeftOutOfSums() async throws {
        let store = try await store(
            """
            UPDATE completions SET prompt_tokens = 9223372036854775807, completion_tokens = 9223372036854775807,
                billed_prompt_tokens = 9223372036854775807, billed_completion_tokens = 9223372036854775807,
                cached_tokens = 9223372036854775807, reasoning_tokens = 9223372036854775807;
            UPDATE completions SET prompt_tokens = 5, completion_tokens = 7, billed_completion_tokens = 8 WHERE job_id = 1;
            UPDATE attempts SET prompt_tokens = 9223372036854775807, completion_tokens = 9223372036854775807;
            UPDATE attempts SET prompt_tokens = 5, completion_tokens = 7 WHERE job_id = 1;
            """)
        let reader = store.database.reader
        let status = try await reader.status()
        #expect(status.promptTokens == 5 && status.completionTokens == 7 && status.wastedTokens == 1)
        let usage = try #require(try await reader.statistics().usage.first)
        #expect(usage.promptTokens == 5 && usage.billedCompletionTokens == 7 && usage.reasoningTokens == 0)
        let spending = try await reader.spending(in: .all)
        #expect(spending.tokens < 100)
        #expect(try store.rows("SELECT completion_tokens FROM usage_by_model") == ["7"])
        #expect(try store.rows("SELECT jobs FROM latency") == ["2"])
        try await store.database.close()
    }

    /// The file's own views are those of the version that made it; they sum without a look at what they sum.
    @Test func aFileWithTheViewsOfAnEarlierVersionIsRead() async throws {
        let store = try await store(
            """
            UPDATE attempts SET completion_tokens = 9223372036854775807;
            DROP VIEW usage_by_model;
            CREATE VIEW usage_by_model AS SELECT 'x' AS provider, 'y' AS model, 1 AS completed, 1 AS tries,
                sum(completion_tokens) AS prompt_tokens, 1 AS completion_tokens, 1 AS cached_tokens, 1 AS reasoning_tokens,
                1 AS billed_prompt_tokens, 1 AS billed_completion_tokens, 1.0 AS cost_usd FROM attempts;
            """)
        let reader = try await BatchReader.open(store.database.path)
        #expect(try await reader.statistics().usage.map(\.provider) == ["mock"])
        await reader.close()
        try await store.database.close()
    }

    @Test func moneyThatIsNoAmountIsNotKnown() async throws {
        let store = try await store(
            """
            UPDATE attempts SET cost_usd = 9e999;
            UPDATE completions SET cost_usd = 9e999;
            UPDATE attempts SET cost_usd = 0.25 WHERE job_id = 1;
            UPDATE completions SET cost_usd = 0.25 WHERE job_id = 1;
            """)
        let reader = store.database.reader
        #expect(try await reader.status().costUSD == 0.25)
        #expect(try await reader.statistics().usage.first?.costUSD == 0.25)
        #expect(try await reader.spending(in: .all).costUSD == 0.25)
        #expect(try await reader.completions(ofJob: 2).first?.costUSD == nil)
        try await store.database.close()
    }

    /// A cost below zero is not known, and takes nothing from a sum.
    @Test func moneyBelowZeroIsNotKnown() async throws {
        let store = try await store(
            """
            UPDATE attempts SET cost_usd = -5;
            UPDATE completions SET cost_usd = -5;
            UPDATE attempts SET cost_usd = 0.25 WHERE job_id = 1;
            UPDATE completions SET cost_usd = 0.25 WHERE job_id = 1;
            """)
        let reader = store.database.reader
        #expect(try await reader.status().costUSD == 0.25)
        #expect(try await reader.statistics().usage.first?.costUSD == 0.25)
        #expect(try await reader.spending(in: .all).costUSD == 0.25)
        #expect(try await reader.completions(ofJob: 2).first?.costUSD == nil)
        try await store.database.close()
    }

    /// The last second that a run wrote decides whether it counts as alive.
    @Test(arguments: ["9223372036854775807", "(-9223372036854775807 - 1)"])
    func secondsAtTheEndsOfTheirRangeAreClamped(number: String) async throws {
        let store = try await store(
            """
            UPDATE runs SET status = 'running', finished_ms = NULL;
            INSERT INTO run_seconds SELECT run_id, \(number), 1, 1, 1, 0, 1, 0, NULL FROM runs;
            """)
        let status = try await store.database.reader.status()
        #expect(status.isLocked == true && !status.seconds.isEmpty)
        #expect(status.worker(at: 1_790_000_000_000).isAlive)
        try await store.database.close()
    }

    @Test(arguments: ["9223372036854775807", "(-9223372036854775807 - 1)"])
    func timesAndCountsAtTheEndsOfTheirRangeAreClamped(number: String) async throws {
        let store = try await store(
            """
            UPDATE attempts SET started_ms = \(number), first_byte_us = \(number), first_chunk_us = \(number),
                duration_us = \(number), retry_after_ms = \(number), chunk_count = \(number), prefix_chars = \(number);
            UPDATE completions SET created_ms = \(number), ttft_us = \(number), duration_us = \(number);
            UPDATE jobs SET created_ms = \(number), updated_ms = \(number);
            UPDATE runs SET started_ms = \(number), finished_ms = \(number), pid = \(number);
            """)
        let reader = store.database.reader
        let attempt = try #require(try await reader.attempts(ofJob: 1).first)
        #expect(NumberGate.unixMilliseconds.contains(attempt.startedMilliseconds))
        #expect(attempt.durationMicroseconds.map(NumberGate.microseconds.contains) == true)
        #expect(attempt.prefixScalars == nil && attempt.chunkCount == nil)
        #expect(
            try await reader.completions(ofJob: 1).first.map(\.createdMilliseconds).map(
                NumberGate.unixMilliseconds.contains) == true)
        #expect(
            try await reader.status().run.map(\.startedMilliseconds).map(NumberGate.unixMilliseconds.contains) == true)
        try await store.database.close()
    }

    /// Between the first and the last row may lie more numbers than can be looked through.
    @Test func chunksThatLieFarApartAreFound() async throws {
        let store = try await store(
            """
            UPDATE chunks SET chunk_id = 4000000000000000000 WHERE chunk_id = (SELECT max(chunk_id) FROM chunks WHERE attempt_id = 1);
            UPDATE attempts SET first_chunk_id = -9223372036854775807 - 1, last_chunk_id = 9223372036854775807;
            """)
        let attempt = try #require(try await store.database.reader.attempts(ofJob: 1).first)
        var texts: [String] = []
        var next: Int64?
        repeat {
            let page = try await store.database.reader.chunks(of: attempt, after: next)
            texts += page.chunks.map(\.text)
            next = page.next
        } while next != nil
        #expect(texts == ["answ", "er", "stop"])
    }

    @Test func malformedJSONIsPassedOver() async throws {
        let store = try await store(
            """
            UPDATE attempts SET gaps = '{', partial = '{"tokens":', resumed_from = 1, chunk_count = 1;
            UPDATE attempts SET gaps = '{"x":"y","8":9223372036854775807,"16":2}' WHERE attempt_id = 2;
            """)
        let statistics = try await store.database.reader.statistics()
        #expect(statistics.resuming.savedTokens == 0)
        #expect(statistics.models.first?.gaps.count == 2)
        #expect(try store.rows("SELECT count(*) FROM partials") == ["0"])
        #expect(try store.rows("SELECT kept_tokens FROM resumed_attempts") == ["0"])
        try await store.database.close()
    }

    @Test func aJobWhosePartialAnswerCannotBeReadIsRevivedWithoutIt() async throws {
        let store = try await store(
            """
            DELETE FROM completions WHERE job_id = 1;
            UPDATE attempts SET partial = '{' WHERE job_id = 1;
            UPDATE jobs SET status = 'failed', error_kind = 'server' WHERE job_id = 1;
            """)
        #expect(try await store.database.revive(Revival()) == 1)
        #expect(try await store.job("j1").partial == nil)
        #expect(try store.rows("SELECT status FROM jobs WHERE job_id = 1") == ["pending"])
        try await store.database.close()
    }

    @Test func anAttemptWhoseNumberCannotBeGenuineIsPassedOverHoweverItsJobIsHandedOut() async throws {
        let store = try await store(
            """
            INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status)
                VALUES (8, 3, 1, 1, 1, 'x', 0, 'failed'), (9, 3, 9223372036854775807, 1, 1, 'x', 0, 'failed');
            UPDATE jobs SET not_before_ms = 5 WHERE job_id = 3;
            """)
        let due = try await store.queue.dueJobs(for: testLane, at: 9, limit: 9, excluding: [])
        let among = try await store.queue.dueJobs(among: [3], for: testLane, at: 9)
        #expect(due.map(\.attemptCount) == [1])
        #expect(among.map(\.attemptCount) == [1])
        try await store.database.close()
    }

    /// A worker gives its rows numbers behind those that there are.
    @Test func aDatabaseWhoseNumbersEndIsWorkedOnWithThoseThatAreLeft() async throws {
        let folder: TemporaryFolder
        do {
            let store = try await store(
                """
                PRAGMA foreign_keys = OFF;
                UPDATE jobs SET job_id = 9223372036854775807, attempts = 9223372036854775807 WHERE custom_id = 'j3';
                UPDATE requests SET job_id = 9223372036854775807 WHERE job_id = 3;
                UPDATE attempts SET attempt_id = 9223372036854775807, number = 9223372036854775807 WHERE attempt_id = 2;
                """)
            try await store.database.close()
            folder = store.folder
        }
        let store = try await TestStore(jobs: [newJob("j4", line: 4)], folder: folder)
        try await store.complete("j3")
        try await store.complete("j4")
        #expect(try await store.database.reader.counts().completed == 4)
        try await store.database.close()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run("UPDATE chunks SET chunk_id = 9223372036854775807 WHERE chunk_id = 1")
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(store.database.path) }
        #expect("\(try #require(error))".contains("used up the numbers of the table chunks"))
        // Read it can be all the same.
        let reader = try await BatchReader.open(store.database.path)
        #expect(try await reader.counts().completed == 4)
        await reader.close()
    }
}
