import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// What seconds brought, and the attempts that ended in them.
@Suite struct SecondPageTests {
    private static func store(seconds: ClosedRange<Int64>) async throws -> TestStore {
        let store = try await TestStore(jobs: newJobs(3))
        for second in seconds {
            store.database.record(
                RunSecond(
                    runID: store.runID, second: second, chunks: 10, outputTokens: 20, completed: 1, failed: 0,
                    running: Int(second), waiting: 2, waits: "[]"))
        }
        try await store.database.flush()
        return store
    }

    @Test func theNewestComeInTheirOrder() async throws {
        let store = try await Self.store(seconds: 100...119)
        let reader = store.database.reader
        let all = try #require(try await reader.seconds(after: 0, step: 1, limit: 600))
        #expect(all.seconds.map(\.row.second) == Array(100...119) && all.run.id == store.runID)
        let later = try #require(try await reader.seconds(after: 115, step: 1, limit: 600))
        #expect(later.seconds.map(\.row.second) == [116, 117, 118, 119])
        let few = try #require(try await reader.seconds(after: 0, step: 1, limit: 2))
        #expect(few.seconds.map(\.row.second) == [118, 119])
        let stretches = try #require(try await reader.seconds(after: 0, step: 10, limit: 600))
        #expect(stretches.seconds.map(\.row.second) == [100, 110])
        #expect(stretches.seconds.map(\.row.outputTokens) == [200, 200])
        #expect(stretches.seconds.map(\.row.running) == [109, 119])
        #expect(try await reader.seconds(ofRun: 99, after: 0, step: 1, limit: 1) == nil)
        try await store.database.close()
    }

    @Test func anAttemptIsOfTheSecondInWhichItEnded() async throws {
        let store = try await Self.store(seconds: 1...4)
        // It begins at one second, and takes a millisecond.
        try await store.complete("j1")
        let job = try await store.job("j2")
        try await store.queue.endAttempt(cutEnd(store.attempt(job, textChunks("text")), of: job, textChunks("text")))
        try await store.database.flush()
        let page = try #require(try await store.database.reader.seconds(after: 0, step: 1, limit: 600))
        #expect(page.seconds[0].ends?.firstTokens == [100, 100] && page.seconds[0].ends?.errors == ["cut": 1])
        #expect(page.seconds[0].ends?.firstToken(Percentile(50)) == 100)
        #expect(page.seconds[1].ends == AttemptEnds())
        // Of one attempt alone those of the first second are not all.
        let newest = try #require(
            try await store.database.reader.seconds(after: 0, step: 1, limit: 600, attempts: 1))
        #expect(newest.seconds[0].ends == nil && newest.seconds[3].ends == AttemptEnds())
        try await store.database.close()
    }

    /// A run none of whose attempts is among the newest is not told to have had no errors.
    @Test func whatIsTooLongAgoIsNotToldToBeNothing() async throws {
        let store = try await Self.store(seconds: 1...4)
        try await store.complete("j1")
        let later = try await store.database.beginRun(command: "resume", options: "{}", version: "test")
        for second in Int64(5)...6 {
            store.database.record(
                RunSecond(
                    runID: later, second: second, chunks: 1, outputTokens: 1, completed: 0, failed: 1, running: 0,
                    waiting: 0, waits: nil))
        }
        try await store.database.flush()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(
            """
            INSERT INTO attempts (job_id, number, counts, run_id, request_sha256, started_ms, status, duration_us,
                error_kind)
            SELECT job_id, 1, 1, \(later), '', 4000, 'failed', 2000000, 'cut' FROM jobs WHERE custom_id = 'j2'
            """)
        let reader = store.database.reader
        let old = try #require(
            try await reader.seconds(ofRun: store.runID, after: 0, step: 1, limit: 600, attempts: 1))
        #expect(old.seconds.count == 4 && old.seconds.allSatisfy { $0.ends == nil })
        // Both runs, by one look at all attempts.
        let ends = try await reader.endedAttempts(ofRuns: [store.runID: 1, later: 1], attempts: 1_000)
        for run in [store.runID, later] {
            let page = try #require(try await reader.seconds(ofRun: run, step: 1, limit: 600, ends: ends))
            let own = try #require(try await reader.seconds(ofRun: run, after: 0, step: 1, limit: 600))
            #expect(page.seconds.map(\.ends) == own.seconds.map(\.ends))
            #expect(page.seconds.map(\.row) == own.seconds.map(\.row))
        }
        let newest = try #require(try await reader.seconds(ofRun: later, step: 1, limit: 600, ends: ends))
        #expect(newest.seconds.map { $0.ends?.errors } == [[:], ["cut": 1]])
        #expect(try await reader.newestSecond(ofRun: later) == 6)
        #expect(try await reader.newestSecond(ofRun: 99) == nil)
        try await store.database.close()
    }

    /// However much else a run was told since.
    @Test func theNewestChangeOfEachLimitIsFound() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let told = [
            ("concurrency", "9"), ("rpm", "5"), ("rpm", "openai=7"), ("concurrency", "3"), ("rpm", "openai=none"),
            ("rpm", "mock=8"), ("tpm", "4"), ("max-cost", "1.5"),
        ]
        for (command, value) in told {
            try await store.database.record(RunChange(command: command, value: value), ofRun: store.runID)
        }
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(
            """
            WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
            INSERT INTO run_changes (run_id, number, at_ms, command, value, keep, streams_over)
            SELECT \(store.runID), i, 0, iif(i % 2, 'now', 'pause'), '["a"]', 0, 0 FROM n
            """)
        let changes = try await store.database.reader.limitChanges(ofRun: store.runID)
        #expect(
            changes.map { "\($0.command) \($0.value ?? "")" } == [
                "rpm 5", "concurrency 3", "rpm openai=none", "rpm mock=8", "tpm 4", "max-cost 1.5",
            ])
        #expect(try await store.database.reader.limitChanges(ofRun: 99).isEmpty)
        try await store.database.close()
    }

    @Test func runsComeInTheirOrder() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let second = try await store.database.beginRun(command: "resume", options: "{}", version: "test")
        #expect(try await store.database.reader.runs(limit: 20).map(\.id) == [store.runID, second])
        #expect(try await store.database.reader.runs(limit: 1).map(\.id) == [second])
        let change = RunChange(command: "cancel", value: "[\"a\"]")
        try await store.database.record(change, ofRun: second)
        try await store.database.record(RunChange(command: "concurrency", value: "3"), ofRun: second)
        let changes = try await store.database.reader.changes(ofRun: second)
        #expect(changes.map(\.command) == ["cancel", "concurrency"] && changes.map(\.value) == [nil, "3"])
        #expect(try await store.database.reader.options(ofRun: second) == "{}")
        try await store.database.close()
    }
}
