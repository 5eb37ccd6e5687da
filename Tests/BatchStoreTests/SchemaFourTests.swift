import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// A database of schema 4, which knew neither answers that are not taken nor samples.
@Suite struct SchemaFourTests {
    /// Such a file with a completed job, one whose stream was cut, a failed one and a new one.
    private static func make(_ folder: TemporaryFolder, _ name: String = "jobs.db") throws -> String {
        let path = folder.file(name)
        try DatabaseFile.create(DatabasePath(path))
        let connection = try Connection(path: path, access: .writing)
        try connection.run(SchemaFour.sql)
        try connection.execute("PRAGMA journal_mode = WAL")
        try connection.run(rows)
        return path
    }

    private static let rows = """
        INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 1, 'out', 'run', '{"rpm":90}', '1', 'host', 7);
        INSERT INTO run_seconds VALUES (1, 1789999990, 1, 2, 1, 0, 1, 0, NULL);
        INSERT INTO run_changes VALUES (1, 1, 1789999990000, 'rpm', 'mock=5', 1, 0);
        INSERT INTO jobs VALUES
            (1, 'j1', 'jobs.jsonl', 1, 'mock', 'm', 'sha of {"messages":[]}', 'completed', 1, NULL, NULL, NULL, 1, 1),
            (2, 'j2', 'jobs.jsonl', 2, 'mock', 'm', 'sha of {"messages":[]}', 'interrupted', 1, 9, 'cut', 'cut', 1, 1),
            (3, 'j3', 'jobs.jsonl', 3, 'mock', 'm', 'sha of {"messages":[]}', 'failed', 1, NULL, 'decode', 'bad', 1, 1),
            (4, 'j4', 'jobs.jsonl', 4, 'mock', 'm', 'sha of {"messages":[]}', 'pending', 0, NULL, NULL, NULL, 1, 1);
        INSERT INTO requests SELECT job_id, NULL, '{"messages":[]}' FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status,
            prompt_tokens, completion_tokens, cost_usd, response_id, error_kind, error, partial) VALUES
            (1, 1, 1, 1, 1, 'sha of {"messages":[]}', 1, 'completed', 5, 7, 0.5, 'r1', NULL, NULL, NULL),
            (2, 2, 1, 1, 1, 'sha of {"messages":[]}', 1, 'interrupted', 5, 2, 0.5, 'r2', 'cut', 'cut',
                '{"choices":[{"choice":0,"text":"half"}],"seams":[],"tokens":2}'),
            (3, 3, 1, 1, 1, 'sha of {"messages":[]}', 1, 'failed', NULL, NULL, NULL, NULL, 'decode', 'bad', NULL);
        INSERT INTO chunks VALUES (1, 1, 0, 5, 'text', 0, 0, 'good');
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens,
            completion_tokens, billed_prompt_tokens, billed_completion_tokens, usage_source, cost_usd, segments, seams,
            content, message) VALUES
            (1, 0, 1, 1, 'stop', 5, 7, 5, 7, 'provider', 0.5, 1, '[]', 'good', '{"role":"assistant","content":"\u{1A}"}');
        """

    @Test func aReaderReadsAllOfItAndLeavesItAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let before = try FileState(path)
        let reader = try await BatchReader.open(path)
        #expect(try await reader.counts().completed == 1)
        #expect(try await reader.status().completionTokens == 7)
        let page = try await reader.results(filter: ResultFilter(statuses: Set(JobStatus.allCases)))
        #expect(page.results.map(\.job.baseID) == ["j1", "j2", "j3", "j4"])
        #expect(page.results.map(\.job.sample) == [nil, nil, nil, nil])
        let answer = try #require(page.results.first?.completions.first)
        #expect(answer.content == "good" && answer.check == nil && answer.copiedFrom == nil)
        let statistics = try await reader.statistics()
        #expect(statistics.models.map(\.completed) == [1])
        #expect(statistics.usage.map(\.completionTokens) == [7])
        #expect(statistics.checks == BatchStatistics.Checks())
        #expect(try await reader.jobs(JobSearch(), limit: 9).jobs.map(\.customID) == ["j1", "j2", "j3", "j4"])
        #expect(try await reader.failures().map(\.kind) == ["decode"])
        #expect(try await reader.finishReasons().counts == [.stop: 1])
        #expect(try await reader.counters().tokens.values.sorted() == [5, 7])
        #expect(try await reader.attempts(ofJob: 2).kept(ofRequest: newJob("x").requestSHA256)?.answer.text == "half")
        await reader.close()
        #expect(try FileState(path).bytes == before.bytes)
    }

    @Test func itIsReadBesideFilesOfThisSchema() async throws {
        let fixture = try MergeFixture()
        let old = try Self.make(fixture.folder, "old.db")
        let new = try await fixture.work(2, on: [newJob("k1"), newJob("j1")], in: "new.db") { store in
            try await store.complete("k1")
        }
        let union = try await BatchUnion([old, new])
        #expect(try await union.status().total.counts.completed == 2)
        #expect(try await union.statistics { _ in nil }.models.map(\.completed) == [2])
        await union.close()
    }

    @Test func aWorkerBringsItUpToDateAndLeavesItsRows() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let tables: [SQL] = [
            OldColumns.jobs, OldColumns.completions, OldColumns.attempts, "SELECT * FROM run_seconds",
            "SELECT * FROM run_changes", "SELECT * FROM chunks", "SELECT * FROM partials",
        ]
        let before = try tables.map { try sqlRows(path, $0) }
        let store = try await TestStore(folder: folder)
        #expect(try store.rows("PRAGMA user_version") == ["\(BatchSchema.version)"])
        #expect(try tables.map { try store.rows($0) } == before)
        #expect(try store.rows("SELECT DISTINCT answers, sample FROM jobs") == ["0|"])
        #expect(try store.rows(#"SELECT "check", check_report, copied_from FROM completions"#) == ["||"])
        #expect(try store.rows("SELECT base_id, sample FROM results") == ["j1|1"])
        // The words of this schema are allowed in it, and its text goes on as before.
        let job = try await store.job("j2")
        #expect(job.partial?.answer.text == "half" && job.answers == 0)
        try await store.reject("j2", "{", code: .stoppedEarly)
        try await store.reject("j4", "na na na", kind: .repetition)
        #expect(
            try store.rows("SELECT custom_id, error_kind, answers FROM jobs WHERE job_id IN (2, 4)")
                == ["j2|invalid_answer|1", "j4|repetition|1"])
        #expect(try store.rows("SELECT custom_id, text FROM rejected_answers") == ["j2|{", "j4|na na na"])
        #expect(try await store.database.reader.integrityFaults().isEmpty)
        try await store.database.close()
        #expect(try sqlRows(path, "PRAGMA integrity_check") == ["ok"])
    }

    @Test func itHasTheTablesViewsAndChecksOfANewFile() async throws {
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
        try await store.complete("j1")
        for database in [path, store.database.path] {
            let connection = try Connection(path: database, access: .writing)
            for change: SQL in [
                "jobs SET error_kind = 'other'", "jobs SET answers = -1", "jobs SET sample = 0",
                "attempts SET error_kind = 'other'", #"completions SET "check" = 'good'"#,
            ] { #expect(throws: SQLiteFailure.self) { try connection.execute("UPDATE \(change)") } }
            for kind in ErrorKind.allCases {
                let update = try connection.prepare("UPDATE attempts SET error_kind = ?1")
                update.bind(kind.rawValue, at: 1)
                try update.run()
            }
        }
        try await store.database.close()
    }

    @Test func columnsThatAnotherProgramAddedKeepTheirValues() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        try Connection(path: path, access: .writing).run(
            """
            ALTER TABLE jobs ADD COLUMN note TEXT;
            ALTER TABLE completions ADD COLUMN mark INTEGER;
            UPDATE jobs SET note = 'mine';
            UPDATE completions SET mark = 7;
            """)
        let store = try await TestStore(folder: folder)
        #expect(try store.rows("SELECT DISTINCT note, answers, sample FROM jobs") == ["mine|0|"])
        #expect(try store.rows(#"SELECT mark, "check", copied_from FROM completions"#) == ["7||"])
        try await store.complete("j4", check: .ok)
        #expect(try store.rows(#"SELECT mark, "check" FROM completions ORDER BY job_id"#) == ["7|", "|ok"])
        try await store.database.close()
        #expect(try sqlRows(path, "PRAGMA integrity_check") == ["ok"])
    }

    /// Its text is not what the change looks for: the file stays as it is.
    @Test func aTableThatAnotherProgramMadeAnewIsRefusedAndLeftAsItIs() async throws {
        let folder = try TemporaryFolder()
        let path = try Self.make(folder)
        let connection = try Connection(path: path, access: .writing)
        try connection.run(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, '''outage'', ''cancelled''', '''outage'',''cancelled''')
            WHERE name = 'attempts';
            PRAGMA writable_schema = RESET;
            """)
        let error = await #expect(throws: StoreError.self) { try await BatchDatabase.open(path) }
        #expect(error?.reason.contains("attempts") == true, "\(String(describing: error))")
        #expect(try sqlRows(path, "PRAGMA user_version") == ["4"])
        #expect(try sqlRows(path, "SELECT name FROM pragma_table_info('jobs') WHERE name = 'answers'") == [])
        #expect(try sqlRows(path, "SELECT count(*) FROM results") == ["1"])
    }

    @Test func itIsMergedWithOnesOfThisSchema() async throws {
        let fixture = try MergeFixture()
        let old = try Self.make(fixture.folder, "old.db")
        let before = try FileState(old)
        let new = try await fixture.work(2, on: newJobs(5), in: "new.db") { store in
            try await store.complete("j4")
            try await store.reject("j5", "no")
        }
        var contents: [[String]] = []
        for (number, order) in [[old, new], [new, old]].enumerated() {
            let path = try await fixture.merge(order, into: "merged\(number).db")
            contents.append(try MergeFixture.content(path))
            #expect(try sqlRows(path, "SELECT custom_id, reason, text FROM rejected_answers") == ["j5|not right|no"])
            #expect(try sqlRows(path, "SELECT custom_id, answers FROM jobs WHERE answers > 0") == ["j5|1"])
        }
        #expect(contents[0] == contents[1])
        #expect(try FileState(old) == before)
    }
}

/// What tables had before schema 5, and attempts before schema 6: a file that is brought up to date keeps it.
enum OldColumns {
    static let jobs: SQL = """
        SELECT job_id, custom_id, source, line, provider, model, request_sha256, status, attempts, not_before_ms,
            error_kind, error, created_ms, updated_ms
        FROM jobs ORDER BY 1
        """
    static let attempts: SQL = """
        SELECT attempt_id, job_id, number, counts, run_id, request_sha256, resumed_from, resume_strategy, prefix_chars,
            resume_reason, notes, overlap_chars, started_ms, first_byte_us, first_chunk_us, duration_us, status,
            finish_reason, http_status, error_kind, error, error_code, retry_after_ms, request_id, response_id,
            first_chunk_id, last_chunk_id, chunk_count, gaps, prompt_tokens, completion_tokens, usage_source, cost_usd,
            service_tier, partial
        FROM attempts ORDER BY 1
        """
    static let completions: SQL = """
        SELECT job_id, choice, attempt_id, created_ms, model, response_id, finish_reason, native_finish_reason,
            prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_creation_tokens, reasoning_tokens,
            usage_source, billed_prompt_tokens, billed_completion_tokens, cost_usd, ttft_us, duration_us, chunk_count,
            segments, seams, usage, tool_calls, content, reasoning, refusal, message
        FROM completions ORDER BY 1, 2
        """
}
