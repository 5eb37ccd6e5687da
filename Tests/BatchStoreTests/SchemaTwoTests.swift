import BatchEngine
import Testing

@testable import BatchStore

/// A database of schema 2, which has each content twice and no index of ids apart from its table's constraint.
@Suite struct SchemaTwoTests {
    private static let message = #"{"role":"assistant","content":"good"}"#

    /// Such a file with two completed jobs and a new one.
    private static func make(_ folder: TemporaryFolder, _ name: String = "jobs.db") throws -> String {
        let path = folder.file(name)
        try DatabaseFile.create(DatabasePath(path))
        let connection = try Connection(path: path, access: .writing)
        try connection.run(SchemaTwo.sql)
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.run(rows)
        return path
    }

    private static let rows = """
        INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 1, 'out', 'run', '{}', '1', 'host', 7);
        INSERT INTO jobs VALUES
            (1, 'j1', 'jobs.jsonl', 1, 'mock', 'm', 'sha of {"messages":[]}', 'completed', 1, NULL, NULL, NULL, 1, 1),
            (2, 'j2', 'jobs.jsonl', 2, 'mock', 'm', 'sha of {"messages":[]}', 'completed', 1, NULL, NULL, NULL, 1, 1),
            (3, 'j3', 'jobs.jsonl', 3, 'mock', 'm', 'sha of {"messages":[]}', 'pending', 0, NULL, NULL, NULL, 1, 1);
        INSERT INTO requests SELECT job_id, NULL, '{"messages":[]}' FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status,
            prompt_tokens, completion_tokens, cost_usd, response_id, service_tier) VALUES
            (1, 1, 1, 1, 1, 'sha of {"messages":[]}', 1, 'completed', 5, 7, 0.5, 'r1', 'flex'),
            (2, 2, 1, 1, 1, 'sha of {"messages":[]}', 1, 'completed', 5, 7, 0.5, 'r2', NULL);
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens,
            completion_tokens, billed_prompt_tokens, billed_completion_tokens, usage_source, cost_usd, segments, seams,
            content, message) VALUES
            (1, 0, 1, 1, 'stop', 5, 7, 5, 7, 'provider', 0.5, 1, '[]', 'good', '\(message)'),
            (2, 0, 2, 1, 'stop', 5, 7, 5, 7, 'provider', 0.5, 1, '[]', 'good', '\(message)');
        """

    @Test func aReaderReadsItAndLeavesItAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let before = try FileState(path)
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().completed == 2)
        let results = try await reader.results(filter: ResultFilter()).results
        #expect(results.flatMap(\.completions).map(\.message) == [Array(Self.message.utf8), Array(Self.message.utf8)])
        #expect(try await reader.statistics().tiers.map(\.serviceTier) == [nil, "flex"])
        await reader.close()
        #expect(try FileState(path).bytes == before.bytes)
    }

    /// A file may have 100 GB: no row is written anew.
    @Test func aWorkerBringsItUpToDateAndLeavesItsRows() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let tables: [SQL] = [OldColumns.jobs, OldColumns.completions, OldColumns.attempts]
        let before = try tables.map { try sqlRows(path, $0) }
        let store = try await TestStore(folder: folder)
        #expect(try store.rows("PRAGMA user_version") == ["\(BatchSchema.version)"])
        #expect(try tables.map { try store.rows($0) } == before)
        #expect(
            try store.rows("SELECT job_id, message FROM messages ORDER BY 1") == [
                "1|\(Self.message)", "2|\(Self.message)",
            ])
        // Its ids are known again, and a new answer is stored as in a new file.
        let outcomes = try await store.database.ingest(newJobs(4), onChanged: .error)
        #expect(outcomes == [.unchanged(.completed), .unchanged(.completed), .unchanged(.pending), .new])
        try await store.complete("j4", text: "good")
        #expect(try store.rows("SELECT length(message) < 36 FROM completions ORDER BY job_id") == ["0", "0", "1"])
        #expect(
            try store.rows("SELECT message FROM messages ORDER BY job_id") == Array(repeating: Self.message, count: 3))
        #expect(try await store.database.reader.integrityFaults().isEmpty)
        try await store.database.close()
    }

    @Test func itHasTheViewsAndColumnsOfANewFile() async throws {
        let store = try await TestStore()
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        try await BatchDatabase.open(path).close()
        for sql: SQL in [
            "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1",
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND name <> 'jobs_id' ORDER BY 1",
            """
            SELECT t.name, c.name, c.type, c."notnull", c.pk FROM pragma_table_list AS t
            JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table' ORDER BY 1, 2
            """,
            uniqueIDs,
        ] { #expect(try sqlRows(path, sql) == store.rows(sql)) }
        #expect(try store.rows(uniqueIDs) == ["1"])
    }

    @Test func itIsMergedWithAnswersOfANewFile() async throws {
        let fixture = try MergeFixture()
        let old = try Self.make(fixture.folder, "old.db")
        let before = try FileState(old)
        let new = try await fixture.work(2, on: newJobs(3), in: "new.db") { store in
            for id in ["j2", "j3"] { try await store.complete(id, text: "good") }
        }
        var contents: [[String]] = []
        for (number, order) in [[old, new], [new, old]].enumerated() {
            let path = try await fixture.merge(order, into: "merged\(number).db")
            contents.append(try MergeFixture.content(path))
            #expect(
                try sqlRows(path, "SELECT message FROM messages") == Array(repeating: Self.message, count: 3))
        }
        #expect(contents[0] == contents[1])
        #expect(try FileState(old) == before)
    }
}

/// How many unique indexes over the id alone there are.
let uniqueIDs: SQL = """
    SELECT count(*) FROM pragma_index_list('jobs') AS l
    WHERE l."unique" AND (SELECT group_concat(name) FROM pragma_index_info(l.name)) = 'custom_id'
    """
