import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// A database of schema 5, which did not know where attempts were sent.
@Suite struct SchemaFiveTests {
    /// Such a file with a joined answer, one whose stream was cut, a failed one and a new one.
    private static func make(_ folder: TemporaryFolder, _ name: String = "jobs.db") throws -> String {
        let path = folder.file(name)
        try DatabaseFile.create(DatabasePath(path))
        let connection = try Connection(path: path, access: .writing)
        try connection.run(SchemaFive.sql)
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.run(rows)
        return path
    }

    private static let rows = """
        INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 1, 'out', 'run', '{"rpm":90}', '1', 'host', 7);
        INSERT INTO jobs VALUES
            (1, 'j1', 'jobs.jsonl', 1, 'mock', 'm', 'sha of {"messages":[]}', 'completed', 2, 0, NULL, NULL, NULL, NULL, 1, 1),
            (2, 'j2', 'jobs.jsonl', 2, 'mock', 'm', 'sha of {"messages":[]}', 'interrupted', 1, 0, NULL, 9, 'cut', 'cut', 1, 1),
            (3, 'j3', 'jobs.jsonl', 3, 'mock', 'm', 'sha of {"messages":[]}', 'failed', 1, 0, NULL, NULL, 'decode', 'bad', 1, 1),
            (4, 'j4', 'jobs.jsonl', 4, 'mock', 'm', 'sha of {"messages":[]}', 'pending', 0, 0, NULL, NULL, NULL, NULL, 1, 1);
        INSERT INTO requests SELECT job_id, NULL, '{"messages":[]}', NULL FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, resumed_from, resume_strategy,
            prefix_chars, started_ms, status, prompt_tokens, completion_tokens, response_id, error_kind, error, partial)
        VALUES
            (1, 1, 1, 1, 1, 'sha of {"messages":[]}', NULL, NULL, NULL, 1, 'interrupted', 5, 2, 'r0', 'cut', 'cut',
                '{"choices":[{"choice":0,"text":"go"}],"seams":[{"attempt_id":1,"choice":0,"start":0,"kept":2}],"tokens":2}'),
            (2, 1, 2, 1, 1, 'sha of {"messages":[]}', 1, 'prefill', 2, 1, 'completed', 5, 7, 'r1', NULL, NULL, NULL),
            (3, 2, 1, 1, 1, 'sha of {"messages":[]}', NULL, NULL, NULL, 1, 'interrupted', 5, 2, 'r2', 'cut', 'cut',
                '{"choices":[{"choice":0,"text":"half"}],"seams":[],"tokens":2}'),
            (4, 3, 1, 1, 1, 'sha of {"messages":[]}', NULL, NULL, NULL, 1, 'failed', NULL, NULL, NULL, 'decode', 'bad', NULL);
        INSERT INTO chunks VALUES (1, 1, 0, 5, 'text', 0, 0, 'go'), (2, 2, 0, 5, 'text', 0, 0, 'od');
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens,
            completion_tokens, cached_tokens, usage_source, billed_prompt_tokens, billed_completion_tokens, segments, seams,
            content, message) VALUES
            (1, 0, 2, 1, 'stop', 5, 7, 3, 'mixed', 10, 9, 2,
                '[{"attempt_id":1,"choice":0,"start":0,"kept":2,"restored":""},
                {"attempt_id":2,"choice":0,"start":0,"kept":2,"restored":""}]', 'good',
                '{"role":"assistant","content":"\u{1A}"}');
        """

    @Test func aReaderReadsAllOfItAndLeavesItAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let before = try FileState(path)
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().completed == 1)
        let page = try await reader.results(filter: ResultFilter(statuses: Set(JobStatus.allCases)))
        #expect(page.results.map(\.job.customID) == ["j1", "j2", "j3", "j4"])
        let seams = try #require(page.results.first?.completions.first?.seams)
        #expect(seams.map(\.kept) == [2, 2] && seams.allSatisfy { $0.endpoint == nil })
        let statistics = try await reader.statistics()
        #expect(statistics.usage.map(\.cachedTokens) == [3] && statistics.endpoints.isEmpty)
        #expect(try await reader.counters().resumes.values.reduce(0, +) == 1)
        let attempts = try await reader.attempts(ofJob: 2)
        #expect(attempts.map(\.endpoint) == [nil])
        #expect(attempts.kept(ofRequest: newJob("x").requestSHA256)?.answer.text == "half")
        await reader.close()
        #expect(try FileState(path).bytes == before.bytes)
    }

    @Test func itIsReadBesideFilesOfThisSchema() async throws {
        let fixture = try MergeFixture()
        let old = try Self.make(fixture.folder, "old.db")
        let new = try await fixture.work(2, on: [newJob("k1")], in: "new.db") { store in
            try await store.complete("k1", at: "http://a/v1", cached: 2)
        }
        let union = try await BatchUnion([old, new])
        #expect(try await union.status().total.counts.completed == 2)
        let statistics = try await union.statistics { _ in nil }
        #expect(statistics.models.map(\.completed) == [2])
        #expect(statistics.endpoints.map(\.name) == ["http://a/v1"])
        await union.close()
    }

    @Test func aWorkerBringsItUpToDateAndLeavesItsRows() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let tables: [SQL] = [
            "SELECT * FROM jobs", "SELECT * FROM completions", OldColumns.attempts, "SELECT * FROM chunks",
            "SELECT * FROM partials", "SELECT * FROM requests",
        ]
        let before = try tables.map { try sqlRows(path, $0) }
        let store = try await TestStore(folder: folder)
        #expect(try store.rows("PRAGMA user_version") == ["\(BatchSchema.version)"])
        #expect(BatchSchema.version == 6)
        #expect(try tables.map { try store.rows($0) } == before)
        #expect(try store.rows("SELECT DISTINCT endpoint FROM attempts") == [""])
        #expect(try store.rows("SELECT * FROM usage_by_endpoint") == [])
        // Its text goes on as before, from an endpoint that is not known to one that is.
        let job = try await store.job("j2")
        #expect(job.partial?.answer.text == "half" && job.partial?.endpoint == nil)
        try await store.complete("j4", at: "http://b", cached: nil)
        #expect(try store.rows("SELECT endpoint FROM attempts WHERE job_id = 4") == ["http://b"])
        #expect(try await store.database.reader.integrityFaults().isEmpty)
        try await store.database.close()
        #expect(try sqlRows(path, "PRAGMA integrity_check") == ["ok"])
    }

    @Test func itHasTheTablesAndViewsOfANewFile() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        try await BatchDatabase.open(path).close()
        for sql: SQL in [
            "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1",
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
            """
            SELECT t.name, t.strict, t.wr, c.name, c.type, c."notnull", c.dflt_value, c.pk FROM pragma_table_list AS t
            JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table' ORDER BY 1, 4
            """,
        ] { #expect(try sqlRows(path, sql) == store.rows(sql)) }
        try await store.database.close()
    }

    @Test func columnsThatAnotherProgramAddedKeepTheirValues() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        try Connection(path: path, access: .writing).run(
            "ALTER TABLE attempts ADD COLUMN note TEXT; UPDATE attempts SET note = 'mine';")
        let store = try await TestStore(folder: folder)
        #expect(try store.rows("SELECT DISTINCT note, endpoint FROM attempts") == ["mine|"])
        try await store.complete("j4", at: "http://b", cached: nil)
        #expect(try store.rows("SELECT note, endpoint FROM attempts WHERE job_id = 4") == ["|http://b"])
        try await store.database.close()
        #expect(try sqlRows(path, "PRAGMA integrity_check") == ["ok"])
    }

    /// Its text does not end as ours does: the file stays as it is.
    @Test func aTableThatAnotherProgramMadeAnewIsRefusedAndLeftAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        try Connection(path: path, access: .writing).run(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')  STRICT') WHERE name = 'attempts';
            PRAGMA writable_schema = RESET;
            """)
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(error?.reason.contains("attempts") == true, "\(String(describing: error))")
        #expect(try sqlRows(path, "PRAGMA user_version") == ["5"])
        #expect(try sqlRows(path, "SELECT name FROM pragma_table_info('attempts') WHERE name = 'endpoint'") == [])
        #expect(try sqlRows(path, "SELECT count(*) FROM results") == ["1"])
    }

    @Test func itIsMergedWithOnesOfThisSchema() async throws {
        let fixture = try MergeFixture()
        let old = try Self.make(fixture.folder, "old.db")
        let before = try FileState(old)
        let new = try await fixture.work(2, on: newJobs(5), in: "new.db") { store in
            try await store.complete("j4", at: "http://a", cached: 2)
            try await store.cut("j5", after: "some", at: "http://b")
        }
        var contents: [[String]] = []
        for (number, order) in [[old, new], [new, old]].enumerated() {
            let path = try await fixture.merge(order, into: "merged\(number).db")
            contents.append(try MergeFixture.content(path))
            #expect(
                try sqlRows(path, "SELECT endpoint, tries, answers, failures FROM usage_by_endpoint ORDER BY 1")
                    == ["http://a|1|1|0", "http://b|1|0|1"])
        }
        #expect(contents[0] == contents[1])
        #expect(try FileState(old) == before)
    }

    /// Workers of two versions may share a folder.
    @Test func aPartOfItIsTaken() async throws {
        let fixture = try SharedFixture()
        let old = try Self.make(fixture.files, "old.db")
        try Connection(path: old, access: .writing).execute("PRAGMA journal_mode = DELETE")
        let (bytes, checksum) = try #require(FileBytes.measure(old, progress: CopyProgress()))
        let part = PartName(
            shard: .whole, worker: WorkerName(number: 1), numbers: 1...1, bytes: bytes,
            checksum: String(checksum.prefix(PartName.checksumDigits)))
        try fixture.folder.write(part, from: old, progress: CopyProgress())
        let path = try await fixture.fresh("new.db", newJobs(4))
        #expect(try await fixture.takeIn(path).parts == 1)
        #expect(try sqlRows(path, "SELECT content, segments FROM results") == ["good|2"])
        #expect(try sqlRows(path, "SELECT custom_id, text FROM partials") == ["j2|half"])
        #expect(try sqlRows(path, "SELECT DISTINCT endpoint FROM attempts") == [""])
    }
}
