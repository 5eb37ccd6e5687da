import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct IngestTests {
    @Test func aJobIsStoredAsItWasGiven() async throws {
        let store = try await TestStore { $0.unixMilliseconds = { 42 } }
        let request = "{\"messages\":[{\"content\":\"größer 😀\"}],\"n\":0.70}"
        let outcome = try await store.database.ingest(
            [newJob("a", line: 7, request: request, metadata: "{\"k\": 1}")], onChanged: .error)
        #expect(outcome == [.new])
        let record = try #require(try await store.database.reader.job(customID: "a"))
        #expect(record.line == 7)
        #expect(record.status == .pending)
        #expect(record.requestSHA256 == "sha of \(request)")
        #expect(record.metadata == Array("{\"k\": 1}".utf8))
        #expect(record.createdMilliseconds == 42)
        #expect(try await store.database.reader.request(ofJob: record.id) == Array(request.utf8))
        #expect(try await store.database.reader.job(customID: "b") == nil)
    }

    @Test func theSameJobsAgainWriteNothing() async throws {
        let store = try await TestStore(jobs: newJobs(100))
        try await store.complete("j1")
        let before = try store.rows("SELECT * FROM jobs ORDER BY job_id")
        let frames = try await store.database.writer.perform { (session) throws(SQLiteFailure) in
            try session.connection.checkpointPassively().frames
        }
        let outcomes = try await store.database.ingest(newJobs(100), onChanged: .error)
        #expect(outcomes == [.unchanged(.completed)] + Array(repeating: .unchanged(.pending), count: 99))
        #expect(try store.rows("SELECT * FROM jobs ORDER BY job_id") == before)
        let after = try await store.database.writer.perform { (session) throws(SQLiteFailure) in
            try session.connection.checkpointPassively().frames
        }
        #expect(after == frames)
    }

    @Test func fileLineMetadataAndProviderOfAKnownJobFollowItsLine() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await store.complete("j1")
        let moved = [
            newJob("j1", line: 9, source: "other.jsonl", metadata: "{}", provider: "vllm"),
            newJob("j2", line: 8, source: "other.jsonl", provider: "vllm"),
        ]
        #expect(
            try await store.database.ingest(moved, onChanged: .error)
                == [.unchanged(.completed), .unchanged(.pending)])
        // The provider of an answer that is there stays who gave it.
        #expect(
            try store.rows("SELECT custom_id, source, line, provider FROM jobs ORDER BY job_id")
                == ["j1|other.jsonl|9|mock", "j2|other.jsonl|8|vllm"])
        #expect(try store.rows("SELECT metadata FROM requests ORDER BY job_id") == ["{}", ""])
    }

    @Test func aChangedJobIsAnErrorThatNamesTheStoredOneAndNothingOfTheBatchIsStored() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        let batch = [newJob("new"), newJob("j2", line: 5, request: "{\"x\":1}"), newJob("new2")]
        let outcomes = try await store.database.ingest(batch, onChanged: .error)
        let stored = StoredIdentity(
            requestSHA256: newJobs(1)[0].requestSHA256, source: "jobs.jsonl", line: 2,
            model: ModelName(provider: newJobs(1)[0].provider, model: newJobs(1)[0].model))
        #expect(outcomes == [.new, .conflict(stored), .new])
        #expect(try store.rows("SELECT custom_id, line FROM jobs ORDER BY job_id") == ["j1|1", "j2|2"])
        #expect(
            try await store.database.reader.existing(customIDs: ["j2", "new"])
                == [StoredJob(identity: stored, status: .pending), nil])
    }

    /// Ids are bytes: not what JSON of SQLite's makes of them, nor what looks alike.
    @Test func idsAreFoundByTheirBytes() async throws {
        let store = try await TestStore()
        let ids = ["a\u{0}b", "a", "\u{E9}", "e\u{301}", "a\u{0}c"]
        var jobs = newJobs(4)
        for index in jobs.indices { jobs[index].customID = ids[index] }
        _ = try await store.database.ingest(jobs, onChanged: .error)
        let found = try await store.database.reader.existing(customIDs: ids)
        #expect(found.map { $0?.identity.line } == [1, 2, 3, 4, nil])
    }

    @Test func aReplacedJobRunsAnewAtOnceWithoutItsOldAnswerAttemptsCountOrText() async throws {
        let store = try await TestStore(jobs: newJobs(2)) { $0.unixMilliseconds = { 77 } }
        try await store.complete("j1")
        let two = try await store.job("j2")
        let cut = textChunks("old text")
        try await store.queue.endAttempt(cutEnd(store.attempt(two, cut), of: two, cut))
        let batch = [newJob("j1", request: "{\"x\":1}"), newJob("j2", request: "{\"x\":2}", metadata: "[1]")]
        #expect(try await store.database.ingest(batch, onChanged: .replace) == [.replaced, .replaced])
        #expect(
            try store.rows(
                """
                SELECT status, attempts, not_before_ms, error_kind, error, metadata
                FROM jobs JOIN requests USING (job_id)
                """) == ["pending|0|77|||", "pending|0|77|||[1]"])
        // The run that reads the new line may be past the job's number already.
        #expect(
            try await store.queue.dueJobs(for: testLane, at: 77, limit: 9, excluding: []).map(\.customID) == [
                "j1", "j2",
            ])
        #expect(try store.rows("SELECT count(*) FROM completions") == ["0"])
        #expect(try store.rows("SELECT count(*) FROM attempts") == ["2"])
        let job = try await store.job("j2")
        #expect(job.partial == nil)
        #expect(job.attemptCount == 1)
        #expect(job.request == Array("{\"x\":2}".utf8))
    }

    @Test func aKeptJobStaysWithItsAnswer() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        try await store.complete("j1")
        let batch = [newJob("j1", line: 3, request: "{\"x\":1}", metadata: "[1]")]
        #expect(try await store.database.ingest(batch, onChanged: .keep) == [.kept(.completed)])
        #expect(
            try store.rows("SELECT line, status, request, metadata FROM jobs JOIN requests USING (job_id)")
                == ["3|completed|{\"messages\":[]}|"])
    }

    @Test func jobsThatAFileNoLongerHasAreNotedOnceAndLeftOutByRunOnly() async throws {
        let store = try await TestStore(jobs: newJobs(5))
        _ = try await store.database.ingest([newJob("other", source: "b.jsonl")], onChanged: .error)
        try await store.complete("j1")
        let present: Set<String> = ["j2", "j4"]
        #expect(try await store.database.markGone(from: "jobs.jsonl") { present.contains($0) } == 3)
        #expect(try await store.database.markGone(from: "jobs.jsonl") { present.contains($0) } == 0)
        let run = store.database.queue(for: .sources(["jobs.jsonl"]), runID: store.runID)
        #expect(try await run.nextJobs(for: testLane, after: 0, limit: 10).map(\.customID) == ["j2", "j4"])
        #expect(
            try await store.queue.nextJobs(for: testLane, after: 0, limit: 10).map(\.customID) == [
                "j2", "j3", "j4", "j5", "other",
            ])
        let counts = try await store.database.reader.counts(in: .sources(["jobs.jsonl"]))
        #expect(counts.pending == 2)
        #expect(counts.completed == 0)
        #expect(counts.gone == 3)
        #expect(counts.total == 2)
        let all = try await store.database.reader.counts()
        #expect(all.total == 6)
        #expect(all.gone == 3)
        // A line that comes back is a line again, and its job due at once: the run may be past its number.
        _ = try await store.database.ingest([newJobs(5)[4]], onChanged: .error)
        #expect(try await run.nextJobs(for: testLane, after: 0, limit: 10).map(\.customID) == ["j2", "j4"])
        #expect(try await run.dueJobs(for: testLane, at: .max, limit: 10, excluding: []).map(\.customID) == ["j5"])
    }

    @Test func goneJobsOfALargeFileAreFoundPageByPage() async throws {
        let store = try await TestStore()
        _ = try await store.database.ingest(newJobs(25_000), onChanged: .error)
        #expect(try await store.database.markGone(from: "jobs.jsonl") { !$0.hasSuffix("7") } == 2_500)
        #expect(try store.rows("SELECT count(*) FROM jobs WHERE line IS NULL AND custom_id LIKE '%7'") == ["2500"])
    }

    @Test func retryRevivesWhatItIsAskedFor() async throws {
        let store = try await TestStore(jobs: newJobs(5))
        for (id, kind) in [("j1", ErrorKind.contentPolicy), ("j2", .auth), ("j3", .auth)] {
            let job = try await store.job(id)
            if id == "j3" {
                let cut = textChunks("some text")
                try await store.queue.endAttempt(cutEnd(store.attempt(job, cut), of: job, cut))
            }
            let again = try await store.job(id)
            try await store.queue.endAttempt(failedEnd(store.attempt(again, []), of: again, kind: kind))
        }
        try Connection(path: store.database.path, access: .writing)
            .execute("UPDATE jobs SET status = 'cancelled' WHERE custom_id = 'j4'")
        try await store.complete("j5")
        let ids = try store.rows("SELECT job_id FROM jobs ORDER BY job_id").compactMap { Int64($0) }
        #expect(try await store.database.revive(Revival(jobs: [ids[0], ids[4]], errorKinds: [.server, .auth])) == 0)
        #expect(try await store.database.revive(Revival(jobs: [ids[1]])) == 1)
        #expect(try await store.database.revive(Revival(errorKinds: [.server, .auth])) == 1)
        #expect(
            try store.rows("SELECT custom_id, status, attempts, error_kind FROM jobs ORDER BY job_id") == [
                "j1|failed|1|content_policy", "j2|pending|0|", "j3|interrupted|0|", "j4|cancelled|0|",
                "j5|completed|1|",
            ])
        #expect(try await store.job("j3").partial?.answer.text == "some text")
        #expect(try await store.job("j3").attemptCount == 2)
        #expect(try await store.database.revive(Revival(includesCancelled: true)) == 2)
        #expect(try await store.database.reader.counts().completed == 1)
    }

    @Test func rejectedLinesAreThoseOfTheNewestReading() async throws {
        let store = try await TestStore()
        let lines = [
            RejectedLine(source: "a", line: 2, reason: "no JSON", text: "{"),
            RejectedLine(source: "a", line: 5, reason: "no id", text: "{}"),
            RejectedLine(source: "b", line: 2, reason: "empty", text: ""),
        ]
        try await store.database.store(lines)
        try await store.database.forgetRejectedLines(of: "a")
        try await store.database.store([RejectedLine(source: "b", line: 2, reason: "other", text: "x")])
        #expect(try store.rows("SELECT source, line, reason, text FROM rejected_lines") == ["b|2|other|x"])
    }
}
