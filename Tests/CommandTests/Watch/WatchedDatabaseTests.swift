import LLMStreaming
import Synchronization
import Testing

@testable import BatchStore
@testable import llm4s_batch

/// A database that many look at.
@Suite(.serialized) struct WatchedDatabaseTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func makeDatabase() async throws {
        let file = try directory.writeJobs((1...3).map { Answers.countingJob("j\($0)", to: 20) })
        let run = try await BatchProcess.run("run", file, "--db", database)
        #expect(run.status == 0, "\(run.error)")
    }

    /// How many readings have begun.
    private final class Meeting: Sendable { let begun = Mutex(0) }

    /// As many jobs may be watched as there are streams: each has a reading of its own at the same time.
    @Test(.timeLimit(.minutes(15))) func eachWatchedJobIsRead() async throws {
        try await makeDatabase()
        let watched = WatchedDatabase(path: database)
        let meeting = Meeting()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<JobStreams.most {
                group.addTask {
                    try await watched.read(.streams) { _ in
                        meeting.begun.withLock { $0 += 1 }
                        while meeting.begun.withLock({ $0 }) < JobStreams.most {
                            try Task.checkCancellation()
                            await Task.yield()
                        }
                    }
                }
            }
            for try await _ in group {}
        }
        await watched.close()
    }

    /// What reads for ever does not hold up the end.
    @Test(.timeLimit(.minutes(15))) func theEndWaitsForNoReading() async throws {
        try await makeDatabase()
        let watched = WatchedDatabase(path: database)
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let reading = Task { () async throws -> Int64? in
            try await watched.read(.figures) { reader in
                beginning.yield()
                return try await reader.read { (connection) throws(SQLiteFailure) in
                    try connection.integer(
                        """
                        WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers)
                        SELECT count(*) FROM numbers
                        """)
                }
            }
        }
        for await _ in begun { break }
        await watched.close()
        await #expect(throws: StoreError.self) { try await reading.value }
        await #expect(throws: WatchProblem.self) { try await watched.read(.rows) { try await $0.counters() } }
    }

    /// A fault of one reading closes the reader of all who have it: the others are read once more.
    @Test func anothersFaultIsNotTold() async throws {
        try await makeDatabase()
        let watched = WatchedDatabase(path: database)
        let calls = Mutex(0)
        let completed = try await watched.read(.rows) { reader in
            let isFirst = calls.withLock { calls in
                calls += 1
                return calls == 1
            }
            if isFirst { await reader.close() }
            return try await reader.counts().completed
        }
        #expect(completed == 3 && calls.withLock { $0 } == 2)
        await watched.close()
    }

    /// Answers of jobs that changed are deleted, and are not counted any more once a run has begun or ended.
    @Test func theEndsOfAnswersAreThoseOfTheRows() async throws {
        try await makeDatabase()
        let (reader, ends) = (try await BatchReader.open(database), EndsSoFar())
        #expect(Self.count(try await StatusReading(database, reader, ends).json) == 3)
        let file = try directory.writeJobs((1...3).map { Answers.countingJob("j\($0)", to: $0 == 1 ? 30 : 20) })
        let run = try await BatchProcess.run("run", file, "--db", database, "--on-changed", "replace", "--yes")
        #expect(run.status == 0, "\(run.error)")
        #expect(Self.count(try await StatusReading(database, reader, ends).json) == 3)
        await reader.close()
    }

    private static func count(_ status: JSON) -> Int {
        (status["finish_reasons"]?.object?.members ?? []).compactMap { $0.value.int }.reduce(0, +)
    }

    /// Of a database that others were merged into the newest run is shown, with its own limits.
    @Test func theLimitsAreThoseOfTheRunThatIsShown() async throws {
        try await makeDatabase()
        try SQLite.write(
            database,
            """
            INSERT INTO runs (run_id, started_ms, status, command, options, version, host, pid)
            VALUES (9, 1, 'interrupted', 'run', '{"concurrency":7,"sharing":{"taken":1}}', '1', 'h', 1);
            INSERT INTO run_changes (run_id, number, at_ms, command, value, keep, streams_over)
            VALUES (9, 1, 1, 'max-cost', '2.5', 0, 0)
            """)
        let reader = try await BatchReader.open(database)
        let limits = try await StatusReading(database, reader, EndsSoFar()).json["limits"]
        #expect(limits?["concurrency"]?.int == 7 && limits?["max_cost"]?.double == 2.5)
        await reader.close()
    }

    @Test func aProviderWithoutALimitIsToldAsSuch() throws {
        let changes = [("rpm", "openai=none"), ("tpm", "mock=5"), ("tpm", "none")].map { command, value in
            ToldChange(atMilliseconds: 0, command: command, value: value)
        }
        let limits = RunLimits(options: #"{"rpm":600}"#, changes: changes).json
        #expect(limits["rpm"] == ["*": 600, "openai": nil])
        #expect(limits["tpm"] == [:])
    }
}
