import LLMStreaming
import Testing

@testable import BatchEngine
@testable import BatchStore

/// Jobs that ask the same as one that has ended: how that is found, and what is kept of copies.
@Suite struct EqualJobTests {
    private static let tools: [StreamedChunk] = [
        StreamedChunk(.reasoning, "hm"), StreamedChunk(.text, "good "), StreamedChunk(.text, "answer"),
        StreamedChunk(.finish, "stop"),
        StreamedChunk(.usage, #"{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}"#),
    ]

    /// A job whose request is that of others.
    private func equal(_ id: String, line: Int, check: String? = nil, sample: Int? = nil) -> NewJob {
        var job = newJob(id, line: line, request: #"{"prompt":"same"}"#, sample: sample)
        job.check = check.map { Array($0.utf8) }
        return job
    }

    private func complete(_ id: String, in store: TestStore) async throws {
        let job = try await store.job(id)
        try await store.queue.endAttempt(completedEnd(store.attempt(job, Self.tools), of: job, Self.tools))
    }

    /// Takes the end of another job, as a run does.
    @discardableResult
    private func take(_ id: String, from other: Int64, in store: TestStore) async throws -> RunEvent.AttemptReport? {
        let job = try await store.job(id)
        let end = try #require(try await store.queue.end(ofJob: other))
        return try await store.queue.give([GivenEnd(end: end, jobID: other, jobs: [job.id])]).first
    }

    @Test func whatAskedTheSameAndHasItsAnswerIsFound() async throws {
        var other = equal("model", line: 9)
        other.model = "n"
        let store = try await TestStore(jobs: [
            equal("done", line: 1), equal("same", line: 2), equal("checked", line: 3, check: "{}"),
            equal("sampled", line: 4, sample: 1), newJob("another", line: 5), equal("failed", line: 6, check: "[]"),
            equal("failed too", line: 7, check: "[]"), equal("second", line: 8, sample: 2), other,
        ])
        try await store.database.indexAnswers()
        // Made once: again nothing is done.
        try await store.database.indexAnswers()
        for id in ["done", "another"] { try await complete(id, in: store) }
        let failed = try await store.job("failed")
        try await store.queue.endAttempt(failedEnd(store.attempt(failed, []), of: failed))
        let left = try await store.queue.nextJobs(for: testLane, after: 0, limit: 9)
        #expect(left.map(\.sample) == [nil, nil, 1, nil, 2])
        let found = try await store.queue.answered(left)
        #expect(found == [left[0].id: EarlierEnd(jobID: 1, isOfThisRun: true)], "\(left.map(\.customID))")
        // Of another scope all the same.
        let scoped = store.database.queue(for: .jobs([left[0].id]), runID: store.runID)
        #expect(try await scoped.answered([left[0]]) == found)
        // An answer that is gone is none.
        _ = try await store.database.ingest(
            [newJob("done", line: 1, request: #"{"prompt":"new"}"#)], onChanged: .replace)
        #expect(try await store.queue.answered(left).isEmpty)
        try await store.database.close()
    }

    @Test func theLookUpReadsOneIndexThatNobodyElseDoes() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await store.database.indexAnswers()
        let connection = try Connection(path: store.database.path, access: .reading)
        let plan = try connection.plan(of: QueueQuery.answered)
        let look = "SEARCH jobs USING INDEX jobs_answered (request_sha256=? AND sample=?)"
        #expect(plan.contains(look), "\(plan)")
        #expect(!plan.contains { $0.hasPrefix("SCAN") && $0 != "SCAN e" }, "\(plan)")
        for query: SQL in [
            "SELECT count(*) FROM jobs WHERE status = 'completed'",
            "SELECT job_id FROM jobs WHERE status = 'completed' AND request_sha256 = 'x'",
            "SELECT job_id FROM jobs WHERE status = 'completed' ORDER BY job_id",
        ] {
            let others = try Connection(path: store.database.path, access: .reading).plan(of: query)
            #expect(!others.contains { $0.contains("jobs_answered") }, "\(others)")
        }
        try await store.database.close()
    }

    @Test func theEndOfAJobIsAllOfIt() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await complete("j1", in: store)
        let failed = try await store.job("j2")
        try await store.queue.endAttempt(failedEnd(store.attempt(failed, []), of: failed))
        guard case .completed("j1", let records)? = try await store.queue.end(ofJob: 1) else {
            Issue.record("j1 has no end")
            return
        }
        let stored = try #require(try await store.database.reader.completions(ofJob: 1).first)
        #expect(records.count == 1)
        #expect(records[0].choice.content == "good answer" && records[0].choice.reasoning == "hm")
        #expect(records[0].choice.message.bytes == stored.message)
        #expect(records[0].completionTokens == 5 && records[0].totalTokens == 8 && records[0].usageSource == .provider)
        guard case .failed("j2", let error)? = try await store.queue.end(ofJob: 2) else {
            Issue.record("j2 has no end")
            return
        }
        #expect(error.kind == .invalidRequest && error.message == "no")
        #expect(try await store.queue.end(ofJob: 3) == nil)
        #expect(try await store.queue.end(ofJob: 99) == nil)
        try await store.database.close()
    }

    private static let told: SQL = """
        SELECT custom_id, content, reasoning, message, prompt_tokens, completion_tokens, billed_prompt_tokens,
            billed_completion_tokens, cost_usd, ttft_us, duration_us, segments, copied_from
        FROM completions JOIN jobs USING (job_id) ORDER BY custom_id
        """

    @Test func aCopyIsTheAnswerWithoutWhatItCost() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await complete("j1", in: store)
        try await take("j2", from: 1, in: store)
        try await take("j3", from: 2, in: store)
        let rows = try store.rows(Self.told)
        let message = try #require(rows.first?.split(separator: "|")[3])
        #expect(rows[0] == "j1|good answer|hm|\(message)|3|5|3|5||100|1000|1|")
        #expect(
            Array(rows.dropFirst())
                == ["j2", "j3"].map { "\($0)|good answer|hm|\(message)|3|5|0|0|0.0|||1|j1" })
        #expect(
            try store.rows("SELECT status, counts, chunk_count, cost_usd, resume_strategy, resume_reason FROM attempts")
                == [
                    "completed|1|5|||", "completed|0|0|||job 'j1' asked the same",
                    "completed|0|0|||job 'j2' asked the same",
                ])
        #expect(try store.rows(CompletionTests.rebuiltContents).allSatisfy { $0 == "good answer|1" })
        let statistics = try await store.database.reader.statistics()
        #expect(statistics.models.map(\.completed) == [3] && statistics.models.map(\.copied) == [2])
        #expect(statistics.models[0].duration.count == 1 && statistics.usage.map(\.completionTokens) == [5])
        let status = try await store.database.reader.status()
        #expect((status.promptTokens, status.completionTokens) == (3, 5))
        let spending = try await store.database.reader.spending(in: .all)
        #expect(spending.tokens == 8)
        try await store.database.close()
    }

    /// Who fails with another has no answer that was not taken.
    @Test func whoFailsWithAnotherHasNoRejectedAnswer() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await store.reject("j1", "wrong")
        let job = try await store.job("j1")
        var end = failedEnd(store.attempt(job, []), of: job)
        end.error = LLMError(.invalidAnswer, "not right")
        try await store.queue.endAttempt(end)
        try await take("j2", from: 1, in: store)
        #expect(
            try store.rows("SELECT custom_id, error_kind, error, attempts FROM failures ORDER BY 1")
                == ["j1|invalid_answer|not right|2", "j2|invalid_answer|not right|0"])
        #expect(
            try store.rows("SELECT error_kind, error, duration_us, counts FROM attempts WHERE job_id = 2") == ["|||0"])
        #expect(try store.rows("SELECT DISTINCT custom_id FROM rejected_answers") == ["j1"])
        #expect(try store.rows("SELECT answers FROM jobs WHERE custom_id = 'j2'") == ["0"])
        #expect(try await store.database.revive(Revival()) == 2)
        #expect(try await store.queue.nextJobs(for: testLane, after: 0, limit: 9).count == 2)
        try await store.database.close()
    }

    /// Whatever has changed since it was decided, nobody gets the end of another request.
    @Test func whatHasChangedMeanwhileTakesNothing() async throws {
        let store = try await TestStore(jobs: [
            equal("done", line: 1), equal("same", line: 2), equal("checked", line: 3, check: "{}"),
            equal("sampled", line: 4, sample: 1), newJob("another", line: 5), equal("cancelled", line: 6),
            equal("waits", line: 7),
        ])
        try await complete("done", in: store)
        _ = try await store.database.cancel([6])
        let end = try #require(try await store.queue.end(ofJob: 1))
        let all = [GivenEnd(end: end, jobID: 1, jobs: Array(1...9))]
        #expect(try await store.queue.give(all).map(\.customID) == ["same", "waits"])
        #expect(try await store.queue.give(all).isEmpty)
        let left = try store.rows("SELECT custom_id FROM jobs WHERE status = 'pending' ORDER BY 1")
        #expect(left == ["another", "checked", "sampled"])
        // The answer itself is gone.
        _ = try await store.database.ingest(
            [newJob("done", line: 1, request: #"{"prompt":"new"}"#), equal("late", line: 8)], onChanged: .replace)
        #expect(try await store.queue.give([GivenEnd(end: end, jobID: 1, jobs: [8])]).isEmpty)
        #expect(try await store.queue.end(ofJob: 1) == nil)
        try await store.database.close()
    }

    @Test func whoWaitsForAnotherWaitsForNoTime() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let failed = try await store.job("j2")
        try await store.queue.endAttempt(failedEnd(store.attempt(failed, []), of: failed))
        #expect(try await store.database.revive(Revival()) == 1)
        _ = try await store.database.ingest(newJobs(3), onChanged: .error, isEntering: true)
        let due = try await store.queue.dueJobs(for: testLane, at: .max, limit: 9, excluding: [])
        #expect(due.count == 3)
        try await store.queue.endWaits(of: [1, 2])
        #expect(try await store.queue.dueJobs(for: testLane, at: .max, limit: 9, excluding: []).map(\.id) == [3])
        #expect(try await store.queue.nextJobs(for: testLane, after: 0, limit: 9).map(\.id) == [1, 2])
        try await store.database.close()
    }

    /// With more equal answers under other checks than are looked through, the newest is found.
    @Test func theNewestAnswerIsFoundAmongMany() async throws {
        let others = (1...1200).map { equal("x\($0)", line: $0, check: "[]") }
        let store = try await TestStore(jobs: others + [equal("mine", line: 1201), equal("next", line: 1202)])
        try await store.database.indexAnswers()
        try await complete("x1", in: store)
        let end = try #require(try await store.queue.end(ofJob: 1))
        #expect(
            try await store.queue.give([GivenEnd(end: end, jobID: 1, jobs: Array(2...1200))]).count == 1199)
        try await complete("mine", in: store)
        let next = try await store.job("next")
        #expect(try await store.queue.answered([next])[next.id]?.jobID == 1201)
        let other = store.database.queue(for: .all, runID: store.runID + 1)
        #expect(try await other.answered([next])[next.id]?.isOfThisRun == false)
        try await store.database.close()
    }

    // MARK: - Other databases

    /// A copy says all of itself: in a database that has the other job, in one that has not, and in several at once.
    @Test func copiesAreMergedAndPublishedAsTheyAre() async throws {
        let fixture = try SharedFixture()
        let jobs = newJobs(4)
        let dead = try await fixture.merging.open(1, on: jobs, in: "dead.db")
        let publisher = fixture.publisher(1, of: dead)
        try await complete("j1", in: dead)
        try await publisher.publish(isLast: false)
        // In a part without the job that was sent.
        for id in ["j2", "j3"] { try await take(id, from: 1, in: dead) }
        try await publisher.publish(isLast: false)
        let expected = try dead.rows(Self.told)
        #expect(expected.count == 3)
        let path = try await fixture.fresh("new.db", jobs)
        #expect(try await fixture.takeIn(path).parts == 2)
        let newest = try #require(try fixture.parts.last)
        let merged = try await fixture.merge(try fixture.parts, into: "merged.db")
        let alone = try await fixture.merge([newest], into: "alone.db")
        for database in [path, merged] { #expect(try sqlRows(database, Self.told) == expected) }
        #expect(try sqlRows(alone, Self.told) == Array(expected.suffix(2)))
        for database in [path, merged, alone] {
            #expect(try sqlRows(database, CompletionTests.rebuiltContents).allSatisfy { $0 == "good answer|1" })
            #expect(try sqlRows(database, "PRAGMA foreign_key_check") == [])
            // What was taken counts as an earlier answer.
            let opened = try await BatchDatabase.open(database)
            try await opened.indexAnswers()
            let queue = opened.queue(for: .all, runID: 1)
            let number = try sqlRows(database, "SELECT job_id FROM jobs WHERE custom_id = 'j2'").first
            let copy = try await queue.end(ofJob: number.flatMap { Int64($0) } ?? 0)
            guard case .completed("j2", let records)? = copy else {
                Issue.record("j2 has no end")
                continue
            }
            #expect(records.first?.copied(from: "j2", attemptID: 1).copiedFrom == "j1")
            try await opened.close()
        }
        let dump = dead.database.path
        try await dead.database.close()
        let union = try await BatchUnion([merged, dump])
        #expect(try await union.statistics { _ in nil }.models.map(\.copied) == [2])
        await union.close()
    }

    @Test func compactingLeavesCopiesAsTheyAre() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await complete("j1", in: store)
        try await take("j2", from: 1, in: store)
        let expected = try store.rows(Self.told)
        #expect(try await store.database.deleteChunks() > 0)
        try await store.database.rebuild(temporaryFolder: store.folder.file("."))
        #expect(try store.rows(Self.told) == expected)
        // What is left to be rebuilt by the formula.
        #expect(try store.rows(CompletionTests.rebuiltContents).last == "good answer|1")
        try await store.database.close()
    }
}
