import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct SchemaTests {
    /// The tables, with the columns that they must have (The database, "Tables").
    private static let tables: [String: String] = [
        "runs": "run_id started_ms finished_ms status exit_code command options version host pid stop_reason endpoints",
        "run_seconds": "run_id second chunks output_tokens completed failed running waiting",
        "run_changes": "run_id number at_ms command value keep streams_over",
        "jobs": """
        job_id custom_id source line provider model request_sha256 status attempts not_before_ms error_kind error \
        created_ms updated_ms answers sample
        """,
        "requests": "job_id request metadata",
        "attempts": """
        attempt_id job_id number counts run_id endpoint request_sha256 resumed_from resume_strategy prefix_chars \
        overlap_chars started_ms first_byte_us first_chunk_us duration_us status partial finish_reason http_status \
        error_kind error retry_after_ms request_id response_id first_chunk_id last_chunk_id chunk_count gaps \
        prompt_tokens completion_tokens usage_source service_tier
        """,
        "chunks": "chunk_id attempt_id seq at_us kind choice item text",
        "completions": """
        job_id choice attempt_id created_ms model response_id content reasoning refusal tool_calls finish_reason \
        native_finish_reason message prompt_tokens completion_tokens total_tokens cached_tokens \
        cache_creation_tokens reasoning_tokens usage_source usage billed_prompt_tokens billed_completion_tokens \
        cost_usd ttft_us duration_us chunk_count segments seams check check_report copied_from
        """,
        "rejected_lines": "source line reason text",
    ]

    @Test(arguments: tables.keys.sorted())
    func aTableIsStrictAndHasTheColumnsOfTheContract(_ table: String) async throws {
        let store = try await TestStore()
        let strict = try store.rows("SELECT name || ' ' || strict FROM pragma_table_list WHERE schema = 'main'")
        #expect(strict.contains("\(table) 1"))
        let columns = try store.rows(
            "SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c")
        let named = Set((Self.tables[table] ?? "").split(separator: " ").map { "\(table)|\($0)" })
        #expect(named.subtracting(columns).isEmpty)
    }

    @Test func thereAreNoTablesBesidesThose() async throws {
        let store = try await TestStore()
        let names = try store.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        #expect(names == Self.tables.keys.sorted())
    }

    @Test func chunksHaveNoIndexAndNoForeignKeyAndNoViewReadsThem() async throws {
        let store = try await TestStore()
        let others = try store.rows(
            """
            SELECT name FROM sqlite_schema
            WHERE type = 'index' AND tbl_name = 'chunks' OR type = 'view' AND sql LIKE '%FROM chunks%'
                OR type = 'view' AND sql LIKE '%JOIN chunks%' OR type = 'trigger'
            """)
        #expect(others.isEmpty)
        #expect(try store.rows("SELECT * FROM pragma_foreign_key_list('chunks')").isEmpty)
    }

    @Test func theFileSaysWhoseItIsAndOnlyItsOwnerMayReadIt() async throws {
        let store = try await TestStore()
        #expect(try store.rows("PRAGMA application_id") == ["\(0x4C34_4253)"])
        #expect(try store.rows("PRAGMA user_version") == ["\(BatchSchema.version)"])
        #expect(try store.rows("PRAGMA journal_mode") == ["wal"])
        for suffix in ["", "-wal", ".lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: store.database.path + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
        try await store.database.close()
    }

    @Test func theChecksKnowTheWordsOfTheTypes() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let connection = try Connection(path: store.database.path, access: .writing)
        func accepts(_ sql: SQL, _ word: String) throws -> Bool {
            try connection.execute("BEGIN IMMEDIATE")
            defer { connection.rollBack() }
            let update = try connection.prepare(sql)
            update.bind(word, at: 1)
            do { try update.run() } catch { return false }
            return connection.changes == 1
        }
        try connection.execute(
            """
            INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status)
            VALUES (1, 1, 1, 1, 1, 'x', 0, 'running')
            """)
        try connection.execute(
            """
            INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, usage_source, segments,
                seams, content, message)
            VALUES (1, 0, 1, 0, 'stop', 'none', 1, '[]', '', '{}')
            """)
        for (sql, words) in Self.checks {
            for word in words { #expect(try accepts(sql, word), "\(sql) \(word)") }
            #expect(try !accepts(sql, "other"), "\(sql)")
        }
    }

    private static let checks: [(SQL, [String])] = [
        ("UPDATE runs SET status = ?1", RunStatus.allCases.map(\.rawValue)),
        ("UPDATE jobs SET status = ?1", JobStatus.allCases.map(\.rawValue)),
        ("UPDATE jobs SET error_kind = ?1", ErrorKind.allCases.map(\.rawValue)),
        ("UPDATE attempts SET status = ?1", AttemptStatus.allCases.map(\.rawValue)),
        ("UPDATE attempts SET error_kind = ?1", ErrorKind.allCases.map(\.rawValue)),
        ("UPDATE attempts SET resume_strategy = ?1", ResumeStrategy.allCases.map(\.rawValue)),
        ("UPDATE attempts SET usage_source = ?1", CompletionRecord.UsageSource.allCases.map(\.rawValue)),
        ("UPDATE completions SET usage_source = ?1", CompletionRecord.UsageSource.allCases.map(\.rawValue)),
        ("UPDATE completions SET finish_reason = ?1", FinishReason.allCases.map(\.rawValue)),
        (#"UPDATE completions SET "check" = ?1"#, CompletionRecord.Check.allCases.map(\.rawValue)),
    ]

    @Test func theViewsTellOfResultsFailuresPartialsTimesUsageErrorsAndSpeed() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        let usage = StreamedChunk(.usage, #"{"prompt_tokens":5,"completion_tokens":7}"#)
        let (one, two, three) = (try await store.job("j1"), try await store.job("j2"), try await store.job("j3"))
        let answer = textChunks("good") + [StreamedChunk(.finish, "stop"), usage]
        var completed = try completedEnd(store.attempt(one, answer), of: one, answer)
        completed.costUSD = 0.5
        try await store.queue.endAttempt(completed)
        try await store.queue.endAttempt(failedEnd(store.attempt(two, []), of: two))
        let part = textChunks("half")
        var cut = cutEnd(store.attempt(three, part), of: three, part)
        cut.costUSD = 0.25
        try await store.queue.endAttempt(cut)
        store.database.record(
            RunSecond(
                runID: store.runID, second: 1, chunks: 6, outputTokens: 7, completed: 1, failed: 1, running: 2,
                waiting: 1))
        try await store.database.flush()
        #expect(
            try store.rows("SELECT custom_id, content, finish_reason, prompt_tokens, line FROM results")
                == ["j1|good|stop|5|1"])
        #expect(
            try store.rows("SELECT custom_id, error_kind, http_status, error_code, request_id FROM failures")
                == ["j2|invalid_request|400|bad|req-1"])
        #expect(try store.rows("SELECT custom_id, choice, text, error_kind FROM partials") == ["j3|0|half|cut"])
        #expect(
            try store.rows("SELECT provider, model, jobs, ttft_us_p50, ttft_us_p99, duration_us_p90 FROM latency")
                == ["mock|m|1|100|100|1000"])
        #expect(
            try store.rows(
                "SELECT model, completed, tries, prompt_tokens, billed_completion_tokens FROM usage_by_model")
                == ["m|1|3|5|8"])
        // What tries cost that did not complete is part of what the model cost.
        #expect(try store.rows("SELECT cost_usd FROM usage_by_model") == ["0.75"])
        #expect(
            try store.rows("SELECT error_kind, http_status, tries, jobs FROM errors_by_kind ORDER BY 1")
                == ["cut||1|1", "invalid_request|400|1|1"])
        #expect(
            try store.rows("SELECT run_id, seconds, completed, failed, output_tokens, running_peak FROM throughput")
                == ["\(store.runID)|1|1|1|7|2"])
    }

    /// DuckDB parses a view and hands it to SQLite in its own spelling: `count(*)` beside a join becomes a function that
    /// SQLite does not have, and a join needs its condition.
    @Test func everyViewIsOneThatDuckDBReadsToo() async throws {
        let store = try await TestStore()
        let views = try store.rows("SELECT replace(sql, char(10), ' ') FROM sqlite_schema WHERE type = 'view'")
        #expect(views.count >= 8)
        for view in views {
            // What stands before are the parts of a WITH.
            let outer = view.components(separatedBy: ") SELECT").last ?? view
            if outer.contains("JOIN ") { #expect(!outer.contains("count(*)"), "\(view)") }
            let joined = view.replacing("CROSS JOIN ", with: "")
            #expect(joined.firstMatch(of: #/JOIN \w+\(/#) == nil, "\(view)")
        }
    }

    @Test func theSchemaIsTheFileAtTheTop() throws {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "schema/schema_v6.sql")
        #expect(try String(contentsOf: file, encoding: .utf8) == BatchSchema.sql)
    }
}
