import BatchEngine
import Testing

@testable import BatchStore

/// A database of schema 3, whose runs were told nothing.
@Suite struct SchemaThreeTests {
    /// Such a file with a completed job and a new one.
    private static func make(_ folder: TemporaryFolder, _ name: String = "jobs.db") throws -> String {
        let path = folder.file(name)
        try DatabaseFile.create(DatabasePath(path))
        let connection = try Connection(path: path, access: .writing)
        try connection.run(SchemaThree.sql)
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.run(rows)
        return path
    }

    private static let rows = """
        INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 1, 'out', 'run', '{"rpm":90}', '1', 'host', 7);
        INSERT INTO run_seconds VALUES (1, 1789999990, 1, 2, 1, 0, 1, 0, NULL);
        INSERT INTO jobs VALUES
            (1, 'j1', 'jobs.jsonl', 1, 'mock', 'm', 'sha of {"messages":[]}', 'completed', 1, NULL, NULL, NULL, 1, 1),
            (2, 'j2', 'jobs.jsonl', 2, 'mock', 'm', 'sha of {"messages":[]}', 'pending', 0, NULL, NULL, NULL, 1, 1);
        INSERT INTO requests SELECT job_id, NULL, '{"messages":[]}' FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status,
            prompt_tokens, completion_tokens, cost_usd, response_id) VALUES
            (1, 1, 1, 1, 1, 'sha of {"messages":[]}', 1, 'completed', 5, 7, 0.5, 'r1');
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens,
            completion_tokens, billed_prompt_tokens, billed_completion_tokens, usage_source, cost_usd, segments, seams,
            content, message) VALUES
            (1, 0, 1, 1, 'stop', 5, 7, 5, 7, 'provider', 0.5, 1, '[]', 'good', '{"role":"assistant","content":"\u{1A}"}');
        """

    @Test func aReaderReadsItAndLeavesItAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let before = try FileState(path)
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().completed == 1)
        #expect(try await reader.status().run?.command == "run")
        #expect(try await reader.newestOptions() == #"{"rpm":90}"#)
        #expect(try await reader.keptChanges() == [])
        await reader.close()
        #expect(try FileState(path).bytes == before.bytes)
    }

    @Test func aWorkerBringsItUpToDateAndLeavesItsRows() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let tables: [SQL] = [
            OldColumns.jobs, OldColumns.completions, OldColumns.attempts, "SELECT * FROM run_seconds",
        ]
        let before = try tables.map { try sqlRows(path, $0) }
        let store = try await TestStore(folder: folder)
        #expect(try store.rows("PRAGMA user_version") == ["\(BatchSchema.version)"])
        #expect(try tables.map { try store.rows($0) } == before)
        try await store.database.record(
            RunChange(command: "rpm", value: "mock=5", isKept: true, streamsOver: 3), ofRun: store.runID)
        #expect(try store.rows("SELECT run_id, number, command, value FROM run_changes") == ["2|1|rpm|mock=5"])
        #expect(try await store.database.reader.keptChanges().map(\.value) == ["mock=5"])
        try await store.complete("j2")
        #expect(try await store.database.reader.integrityFaults().isEmpty)
        try await store.database.close()
    }

    @Test func itHasTheTablesAndViewsOfANewFile() async throws {
        let store = try await TestStore()
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        try await BatchDatabase.open(path).close()
        for sql: SQL in [
            "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1",
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
            """
            SELECT t.name, t.strict, t.wr, c.name, c.type, c."notnull", c.pk FROM pragma_table_list AS t
            JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table' ORDER BY 1, 4
            """,
            "SELECT f.\"table\", f.\"from\" FROM pragma_foreign_key_list('run_changes') AS f",
        ] { #expect(try sqlRows(path, sql) == store.rows(sql)) }
        // The same checks hold in both.
        for database in [path, store.database.path] {
            let connection = try Connection(path: database, access: .writing)
            for values: SQL in ["1, 0, 1, 'rpm', '5', 0, 0", "1, 1, 1, 'rpm', '5', 2, 0", "1, 1, 1, NULL, '5', 0, 0"] {
                #expect(throws: SQLiteFailure.self) {
                    try connection.execute("INSERT INTO run_changes VALUES (\(values))")
                }
            }
        }
    }

    @Test func itIsMergedWithOnesOfThisSchema() async throws {
        let fixture = try MergeFixture()
        let old = try Self.make(fixture.folder, "old.db")
        let before = try FileState(old)
        let new = try await fixture.work(2, on: newJobs(3), in: "new.db") { store in try await store.complete("j3") }
        var contents: [[String]] = []
        for (number, order) in [[old, new], [new, old]].enumerated() {
            let path = try await fixture.merge(order, into: "merged\(number).db")
            contents.append(try MergeFixture.content(path))
            #expect(try sqlRows(path, "SELECT count(*) FROM run_changes") == ["1"])
        }
        #expect(contents[0] == contents[1])
        #expect(try FileState(old) == before)
    }
}
