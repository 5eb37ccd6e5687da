import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// Where attempts were sent, in the database and in what is read of it.
@Suite struct EndpointTests {
    private let a = "http://10.0.0.1:8000/v1"
    private let b = "http://10.0.0.2:8000/v1#OTHER_KEY"

    /// Two answers of `a`, one of `b` that `a` began, a failure of `b`, one job that took another's end.
    private func store() async throws -> TestStore {
        let store = try await TestStore(jobs: newJobs(5))
        try await store.complete("j1", at: a, cached: 4)
        try await store.complete("j2", at: a, cached: 0)
        try await store.cut("j3", after: "one two thr", at: a)
        try await store.goOn("j3", prefixScalars: 7, with: " three", at: b)
        let job = try await store.job("j4")
        try await store.queue.endAttempt(failedEnd(store.attempt(job, [], at: b), of: job))
        return store
    }

    @Test func theRowOfAnAttemptSaysWhereItWasSent() async throws {
        let store = try await store()
        _ = store.attempt(try await store.job("j5"), [])
        try await store.database.flush()
        #expect(
            try store.rows("SELECT job_id, number, endpoint FROM attempts ORDER BY 1, 2")
                == ["1|1|\(a)", "2|1|\(a)", "3|1|\(a)", "3|2|\(b)", "4|1|\(b)", "5|1|"])
        #expect(try await store.database.reader.attempts(ofJob: 3).map(\.endpoint) == [a, b])
        try await store.database.close()
    }

    @Test func aJobIsHandedOutWithWhereItsTextAndItsFailuresCameFrom() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        var job = try await store.job("j1")
        let cursor = ReplayCursor(.conversation, id: "s1", position: 3)
        var end = cutEnd(store.attempt(job, textChunks("one two thr"), at: a), of: job, textChunks("one two thr"))
        end.partial?.cursor = cursor
        end.partial?.endpoint = a
        try await store.queue.endAttempt(end)
        job = try await store.job("j1")
        #expect(job.partial?.endpoint == a && job.partial?.cursor == cursor)
        #expect(job.recentFailures.map(\.endpoint) == [a])
        // What failed elsewhere and left nothing does not change where the text is from.
        try await store.queue.endAttempt(cutEnd(store.attempt(job, [], at: b), of: job))
        job = try await store.job("j1")
        #expect(job.partial?.endpoint == a)
        #expect(job.recentFailures.map(\.endpoint) == [b, a])
        try await store.database.close()
    }

    @Test func theSeamsOfAJoinedAnswerSayWhoWroteEachPiece() async throws {
        let store = try await store()
        #expect(try store.rows("SELECT content, segments FROM results WHERE job_id = 3") == ["one two three|2"])
        let seams = try #require(try await store.database.reader.completions(ofJob: 3).first?.seams)
        #expect(seams.map(\.endpoint) == [a, b])
        #expect(
            try store.rows(
                """
                SELECT s.value ->> '$.endpoint' FROM completions AS c, json_each(c.seams) AS s
                WHERE job_id = 3 ORDER BY s.key
                """) == [a, b])
        #expect(try store.rows(CompletionTests.rebuiltContents).allSatisfy { $0.hasSuffix("|1") })
        try await store.database.close()
    }

    @Test func whatADeadWorkerLeftIsOfTheEndpointsOfItsAttempts() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        try await store.cut("j1", after: "one two thr", at: a)
        _ = store.attempt(
            try await store.job("j1"), textChunks(" three fo"), strategy: .prefill, prefixScalars: 7, at: b)
        try await store.database.flush()
        try store.folder.copyAsAfterCrash("jobs.db", to: "crashed.db")
        let crashed = try await TestStore(name: "crashed.db", folder: store.folder)
        let job = try await crashed.job("j1")
        #expect(job.partial?.answer.text == "one two three fo")
        #expect(job.partial?.seams.map(\.endpoint) == [a, b])
        #expect(job.partial?.endpoint == b)
        try await crashed.database.close()
    }

    @Test func theViewTellsWhatEachEndpointDid() async throws {
        let store = try await store()
        #expect(
            try store.rows(
                """
                SELECT provider, endpoint, tries, answers, failures, prompt_tokens, completion_tokens,
                    answered_prompt_tokens, cached_tokens, cached_share
                FROM usage_by_endpoint ORDER BY 2
                """) == ["mock|\(a)|3|2|1|10|17|10|4|0.4", "mock|\(b)|2|1|1||2|||"])
        try await store.database.close()
    }

    /// Its last attempt asked nobody: the answer came where the one before was sent.
    @Test func anAnswerThatWasKeptUntilItWasJudgedIsOfTheEndpointThatGaveIt() async throws {
        let store = try await store()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(
            """
            INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, resumed_from,
                resume_strategy, prefix_chars, started_ms, status)
            SELECT 99, job_id, 2, 1, run_id, request_sha256, attempt_id, 'replay', 0, 1, 'completed'
            FROM attempts WHERE job_id = 1;
            UPDATE completions SET attempt_id = 99 WHERE job_id = 1;
            """)
        #expect(
            try store.rows("SELECT tries, answers, cached_tokens FROM usage_by_endpoint ORDER BY endpoint LIMIT 1")
                == ["3|2|4"])
        try await store.database.close()
    }

    @Test func statisticsByEndpointAreThoseOfTheViewWithTheTimesOfAttempts() async throws {
        let store = try await store()
        let endpoints = try await store.database.reader.statistics().endpoints
        #expect(endpoints.map(\.name) == [a, b])
        let one = endpoints[0]
        #expect((one.attempts, one.answers, one.failures) == (3, 2, 1))
        #expect((one.promptTokens, one.completionTokens, one.answeredPromptTokens) == (10, 17, 10))
        #expect(one.cachedTokens == 4 && one.cachedShare == 0.4)
        #expect(one.firstToken.count == 3 && one.firstToken.p50 == 100)
        // 7 tokens in the 900 microseconds behind the first; the one that was cut tells no speed.
        #expect(one.tokensPerSecond.count == 2 && abs(one.tokensPerSecond.p50 - 7e6 / 900) < 1e-6)
        #expect(endpoints[1].cachedTokens == nil && endpoints[1].cachedShare == nil)
        try await store.database.close()
    }

    /// Where the ranges of jobs end makes no difference, and neither does in how many files they are.
    @Test func statisticsByEndpointDoNotDependOnRangesOrFiles() async throws {
        let store = try await store()
        let whole = try await store.database.reader.statistics().endpoints
        var pace = RangePace()
        pace.jobs = 1
        #expect(try await store.database.reader.statistics(at: pace).endpoints == whole)
        let other = try await TestStore(jobs: [newJob("k1")], name: "other.db", folder: store.folder)
        try await other.complete("k1", at: b, cached: 1)
        try await store.database.close()
        try await other.database.close()
        let union = try await BatchUnion([store.database.path, other.database.path])
        let both = try await union.statistics { _ in nil }.endpoints
        #expect(both.map(\.name) == [a, b] && both[0] == whole[0])
        #expect(both[1].answers == 2 && both[1].attempts == 3 && both[1].cachedTokens == 1)
        #expect(both[1].firstToken.count == 2)
        await union.close()
    }

    @Test func aMergeKeepsThem() async throws {
        let fixture = try MergeFixture()
        let first = try await fixture.work(1, on: newJobs(2), in: "one.db") { store in
            try await store.cut("j1", after: "one two thr", at: a)
            try await store.goOn("j1", prefixScalars: 7, with: " three", at: b)
        }
        let second = try await fixture.work(2, on: newJobs(2), in: "two.db") { store in
            try await store.complete("j2", at: b, cached: 1)
        }
        for (number, order) in [[first, second], [second, first]].enumerated() {
            let path = try await fixture.merge(order, into: "merged\(number).db")
            #expect(
                try sqlRows(
                    path,
                    "SELECT custom_id, a.number, endpoint FROM attempts AS a JOIN jobs USING (job_id) ORDER BY 1, 2")
                    == ["j1|1|\(a)", "j1|2|\(b)", "j2|1|\(b)"])
            let reader = try await BatchReader.open(path)
            let job = try #require(try await reader.job(customID: "j1"))
            #expect(try await reader.completions(ofJob: job.id).first?.seams.map(\.endpoint) == [a, b])
            await reader.close()
        }
    }

    @Test func aPartHasThem() async throws {
        let fixture = try SharedFixture()
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "worker.db")
        try await store.cut("j1", after: "one two thr", at: a)
        try await store.goOn("j1", prefixScalars: 7, with: " three", at: b)
        try await fixture.publisher(1, of: store).publish(isLast: false)
        try await store.database.close()
        let path = try await fixture.fresh("new.db", newJobs(2))
        #expect(try await fixture.takeIn(path).parts == 1)
        #expect(try sqlRows(path, "SELECT endpoint FROM attempts ORDER BY number") == [a, b])
        let reader = try await BatchReader.open(path)
        #expect(try await reader.completions(ofJob: 1).first?.seams.map(\.endpoint) == [a, b])
        await reader.close()
    }

    @Test func compactionKeepsThem() async throws {
        let store = try await store()
        _ = try await store.database.deleteChunks()
        try await store.database.rebuild(temporaryFolder: store.folder.file("."))
        #expect(try store.rows("SELECT endpoint FROM attempts WHERE job_id = 3 ORDER BY number") == [a, b])
        try await store.database.close()
    }
}
