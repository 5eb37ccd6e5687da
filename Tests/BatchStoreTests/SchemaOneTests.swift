import BatchEngine
import Testing

@testable import BatchStore

/// A database that the first version made is read as it is, and brought up to date by a worker.
@Suite struct SchemaOneTests {
    /// Such a file with a completed job, a failed one and a new one.
    private static func make(_ folder: TemporaryFolder) throws -> String {
        let path = folder.file("jobs.db")
        try DatabaseFile.create(DatabasePath(path))
        let connection = try Connection(path: path, access: .writing)
        try connection.run(SchemaOne.sql)
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.run(rows)
        return path
    }

    static let rows = """
        INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 1, 'run', '{}', '1', 'host', 7);
        INSERT INTO jobs VALUES
            (1, 'a', 'a.jsonl', 1, 'openai', 'm', 'aa', 'completed', 1, NULL, NULL, NULL, 1, 1),
            (2, 'b', 'a.jsonl', 2, 'openai', 'm', 'bb', 'failed', 1, NULL, 'server', 'HTTP 500', 1, 1),
            (3, 'c', 'a.jsonl', 3, 'mock', 'm', 'cc', 'pending', 0, NULL, NULL, NULL, 1, 1);
        INSERT INTO requests SELECT job_id, NULL, '{"messages":[]}' FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status,
            prompt_tokens, completion_tokens, cost_usd, response_id, error_kind) VALUES
            (1, 1, 1, 1, 1, 'aa', 1, 'completed', 5, 7, 0.5, 'r1', NULL),
            (2, 2, 1, 1, 1, 'bb', 1, 'failed', NULL, NULL, NULL, NULL, 'server');
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens,
            completion_tokens, usage_source, cost_usd, segments, seams, content, message)
            VALUES (1, 0, 1, 1, 'stop', 5, 7, 'provider', 0.5, 1, '[]', 'good', '{}');
        """

    @Test func aReaderReadsItAndLeavesItAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let before = try FileState(path)
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().completed == 1)
        #expect(try await reader.status().run?.exitCode == 1)
        #expect(try await reader.statistics().usage.map(\.costUSD) == [0.5])
        #expect(try await reader.results().results.count == 2)
        await reader.close()
        #expect(try FileState(path).bytes == before.bytes)
    }

    @Test func aWorkerBringsItToTheSchemaThatANewFileHas() async throws {
        let store = try await TestStore()
        try await store.database.close()
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let database = try await BatchDatabase.open(path)
        #expect(try await database.reader.integrityFaults().isEmpty)
        let runID = try await database.beginRun(command: "resume", options: "{}", version: "test")
        #expect(runID == 2)
        try await database.close()
        #expect(try sqlRows(path, "PRAGMA user_version") == ["\(BatchSchema.version)"])
        for sql: SQL in [
            "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1",
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND name <> 'jobs_id' ORDER BY 1",
            // Of ids: the table's own constraint, in whose place a new file has an index.
            uniqueIDs,
            """
            SELECT t.name, c.name, c.type, c."notnull", c.pk FROM pragma_table_list AS t
            JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table' ORDER BY 1, 2
            """,
        ] { #expect(try sqlRows(path, sql) == sqlRows(store.database.path, sql)) }
        #expect(
            try sqlRows(path, "SELECT custom_id, status, content, cost_usd FROM results") == ["a|completed|good|0.5"])
        #expect(try sqlRows(path, "SELECT attempt_id, service_tier FROM attempts ORDER BY 1") == ["1|", "2|"])
        #expect(try sqlRows(path, "SELECT run_id, stop_reason FROM runs ORDER BY 1") == ["1|", "2|"])
        #expect(
            try sqlRows(path, "SELECT model, service_tier, completed, responses, cost_usd, unpriced FROM usage_by_tier")
                == ["m||1|1|0.5|0"])
    }

    @Test func aStepThatFailsLeavesIt() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        // A table in the way of a view that the step makes.
        try Connection(path: path, access: .writing).execute("CREATE TABLE usage_by_tier (x)")
        await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(try sqlRows(path, "PRAGMA user_version") == ["1"])
        #expect(try sqlRows(path, "SELECT count(*) FROM results") == ["1"])
        #expect(try sqlRows(path, "SELECT name FROM pragma_table_info('attempts') WHERE name = 'service_tier'").isEmpty)
    }
}
