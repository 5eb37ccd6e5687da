import BatchEngine
import LLMStreaming
import SharedMaterial
import Testing

@testable import BatchStore

@Suite struct ReaderTests {
    @Test func aReaderBesideTheWorkerSeesWhatIsCommittedAndWritesNothing() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let reader = try await BatchReader.open(store.database.path)
        #expect(try await reader.counts().pending == 3)
        try await store.complete("j1")
        #expect(try await reader.counts().completed == 1)
        let error = await #expect(throws: StoreError.self) {
            try await reader.read { (connection) throws(SQLiteFailure) in
                try connection.execute("UPDATE jobs SET status = 'failed'")
            }
        }
        #expect(error?.kind == .io)
        await reader.close()
        await #expect(throws: StoreError.self) { try await reader.counts() }
        try await store.database.close()
    }

    /// What would go on for ever ends when it is interrupted, before or while it runs, and so does all behind it.
    @Test(.timeLimit(.minutes(15))) func aReadingIsInterrupted() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let reader = try await BatchReader.open(store.database.path)
        let reading = Task {
            try await reader.read { (connection) throws(SQLiteFailure) in
                try connection.integer(
                    """
                    WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers)
                    SELECT count(*) FROM numbers
                    """)
            }
        }
        await Task.yield()
        reader.interrupt()
        let error = await #expect(throws: StoreError.self) { try await reading.value }
        #expect(error?.kind == .closed)
        await #expect(throws: StoreError.self) { try await reader.counts() }
        await reader.close()
        try await store.database.close()
    }

    @Test func whatWasAskedForAndNotSentStandsInItsAttempt() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        var start = attemptStart(of: job)
        start.notes = ["option 'top_p' was left out: the model m refuses it", "\"quoted\""]
        let attemptID = store.queue.startAttempt(start)
        try await store.queue.endAttempt(cutEnd(attemptID, of: job))
        _ = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        try await store.database.flush()
        let attempts = try await store.database.reader.attempts(ofJob: job.id)
        #expect(attempts.map(\.notes) == [start.notes, []])
    }

    /// The counts of the whole database come from indexes; they must be those of the rows, whatever happened.
    @Test func theCountsAreThoseOfTheRows() async throws {
        let store = try await TestStore(jobs: newJobs(40))
        let connection = try Connection(path: store.database.path, access: .writing)
        var random = SplitMix64(state: 7)
        for index in 1...40 {
            let job = try await store.job("j\(index)")
            let text = textChunks("some")
            switch Int.random(in: 0..<7, using: &random) {
            case 0: try await store.complete(job.customID)
            case 1: try await store.queue.endAttempt(failedEnd(store.attempt(job, []), of: job))
            case 2: try await store.queue.endAttempt(cutEnd(store.attempt(job, text), of: job, text))
            case 3: try await store.queue.endAttempt(cutEnd(store.attempt(job, text), of: job, text, until: nil))
            case 4: try await store.queue.endAttempt(cutEnd(store.attempt(job, []), of: job))
            case 5: _ = store.attempt(job, text)
            default: break
            }
        }
        try await store.database.flush()
        try connection.execute("UPDATE jobs SET status = 'cancelled', not_before_ms = NULL WHERE job_id % 9 = 4")
        try connection.execute("UPDATE attempts SET status = 'cancelled' WHERE job_id % 9 = 4")
        try connection.execute("UPDATE jobs SET line = NULL WHERE job_id % 5 = 0")
        let counts = try await store.database.reader.counts()
        let words = [
            "cancelled|\(counts.cancelled)", "completed|\(counts.completed)", "failed|\(counts.failed)",
            "interrupted|\(counts.interrupted)", "pending|\(counts.pending)", "running|\(counts.running)",
        ]
        #expect(try store.rows("SELECT status, count(*) FROM jobs GROUP BY status ORDER BY status") == words)
        #expect(counts.gone == 8)
        #expect(counts.total == 40)
    }

    @Test func resultsComeInTheOrderOfTheInput() async throws {
        let store = try await TestStore()
        // Stored in another order than the lines have, in two files, with several jobs on one line.
        let first = [3, 1, 2, 2, 2].enumerated().map { newJob("b\($0)", line: $1, source: "b.jsonl") }
        let second = [2, 1].enumerated().map { newJob("a\($0)", line: $1, source: "a.jsonl") }
        _ = try await store.database.ingest(first, onChanged: .error)
        _ = try await store.database.ingest(second, onChanged: .error)
        for id in ["b0", "b1", "b2", "b3", "a0", "a1"] { try await store.complete(id, text: "answer of \(id)") }
        let failed = try await store.job("b4")
        try await store.queue.endAttempt(failedEnd(store.attempt(failed, []), of: failed))
        _ = try await store.database.markGone(from: "b.jsonl") { $0 != "b1" }
        for limit in 1...8 {
            let results = try await results(store.database.reader, limit: limit)
            // b1 is on no line any more: it comes last of its file.
            #expect(results.map(\.job.customID) == ["b2", "b3", "b4", "b0", "b1", "a1", "a0"], "\(limit)")
            #expect(results.first?.completions.map(\.content) == ["answer of b2"])
            let error = results.first { $0.job.customID == "b4" }
            #expect(error?.job.errorKind == "invalid_request")
            #expect(error?.httpStatus == 400)
            #expect(error?.requestID == "req-1")
            #expect(error?.completions == [])
        }
        let failures = try await results(store.database.reader, statuses: [.failed], limit: 3)
        #expect(failures.map(\.job.customID) == ["b4"])
    }

    /// Answers may have megabytes.
    @Test func aPageOfLargeAnswersEndsByItsBytes() async throws {
        let store = try await TestStore(jobs: newJobs(5))
        let text = String(repeating: "x", count: 3 << 20)
        let chunks = [StreamedChunk(.text, text), StreamedChunk(.finish, "stop")]
        for number in 1...5 {
            let job = try await store.job("j\(number)")
            try await store.queue.endAttempt(completedEnd(store.attempt(job, chunks), of: job, chunks))
        }
        var pages: [[String]] = []
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await store.database.reader.results(after: cursor)
            pages.append(page.results.map(\.job.customID))
            cursor = page.next
        } while cursor != nil
        #expect(pages.map(\.count).max() == 1 || pages.map(\.count).max() == 2, "\(pages)")
        #expect(pages.flatMap(\.self) == (1...5).map { "j\($0)" })
    }

    @Test func aPageOfLargeChunksEndsByItsBytes() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let text = String(repeating: "x", count: 9 << 20)
        _ = store.attempt(try await store.job("j1"), textChunks(text, size: 3 << 20))
        try await store.database.flush()
        let attempt = try #require(try await store.database.reader.attempts(ofJob: 1).first)
        let first = try await store.database.reader.chunks(of: attempt)
        #expect(first.chunks.map(\.sequence) == [0, 1])
        let next: Int64 = try #require(first.next)
        let second = try await store.database.reader.chunks(of: attempt, after: next)
        #expect(second.chunks.map(\.sequence) == [2])
        #expect(second.next == nil)
    }

    private func results(
        _ reader: BatchReader, statuses: Set<JobStatus> = [.completed, .failed], limit: Int
    ) async throws -> [JobResult] {
        var results: [JobResult] = []
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await reader.results(
                after: cursor, filter: ResultFilter(statuses: statuses), limit: limit)
            #expect(page.results.count <= limit)
            results += page.results
            cursor = page.next
        } while cursor != nil
        return results
    }

    @Test func aReaderOfAClosedDatabaseLeavesTheFileAloneAndNothingBesideIt() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await store.database.close()
        let (state, names) = (try FileState(store.database.path), try store.folder.names)
        let reader = try await BatchReader.open(store.database.path)
        #expect(try await reader.counts().pending == 3)
        await reader.close()
        #expect(try FileState(store.database.path) == state)
        #expect(try store.folder.names == names)
    }

    @Test func aReaderAfterACrashLeavesTheWALToTheNextWorker() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await store.complete("j1")
        try store.folder.copyAsAfterCrash("jobs.db", to: "crashed.db")
        let path = store.folder.file("crashed.db")
        let (file, log) = (try FileState(path), try FileState(path + "-wal"))
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().completed == 1)
        await reader.close()
        #expect(try FileState(path) == file)
        #expect(try FileState(path + "-wal") == log)
        try await store.database.close()
    }

    @Test func anEmptyDatabaseHasNoResults() async throws {
        let store = try await TestStore()
        let page = try await store.database.reader.results()
        #expect(page == ResultPage(results: [], next: nil))
        let status = try await store.database.reader.status()
        #expect(status.counts == JobCounts())
        #expect(status.waiting.isEmpty)
        #expect(status.promptTokens == 0)
    }

    @Test func theChunksOfAnAttemptAreReadInPagesAlsoWhileItRuns() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        let one = store.attempt(try await store.job("j1"), textChunks("abcdefghijklmnopqrstuvwxyz", size: 1))
        let two = store.attempt(try await store.job("j2"), textChunks("other"))
        try await store.database.flush()
        let reader = store.database.reader
        for (job, text) in [(Int64(1), "abcdefghijklmnopqrstuvwxyz"), (2, "other")] {
            let attempt = try #require(try await reader.attempts(ofJob: job).first)
            #expect([one, two].contains(attempt.id))
            #expect(attempt.status == .running)
            var read = ""
            var next: Int64?
            repeat {
                let page = try await reader.chunks(of: attempt, after: next, limit: 4)
                read += page.chunks.map(\.text).joined()
                next = page.next
            } while next != nil
            #expect(read == text)
        }
    }

    @Test func theStatusSaysWhatWaitsForWhat() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        for (id, kind, until) in [
            ("j1", ErrorKind.rateLimit, Int64(9_000)), ("j2", .rateLimit, 7_000), ("j3", .cut, 8_000),
        ] {
            let job = try await store.job(id)
            try await store.queue.endAttempt(cutEnd(store.attempt(job, []), of: job, until: until, kind: kind))
        }
        try await store.complete("j4")
        let status = try await store.database.reader.status()
        #expect(
            status.waiting == [
                StatusSummary.Waiting(
                    provider: "mock", errorKind: "rate_limit", count: 2, nextDueMilliseconds: 7_000),
                StatusSummary.Waiting(provider: "mock", errorKind: "cut", count: 1, nextDueMilliseconds: 8_000),
            ])
        #expect(status.counts.completed == 1)
        #expect(status.run?.id == store.runID)
        #expect(status.run?.status == .running)
    }
}
