import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// What may be merged, and what becomes of a source that may not.
@Suite struct MergeSourceTests {
    private let fixture: MergeFixture
    private var folder: TemporaryFolder { fixture.folder }

    init() throws { fixture = try MergeFixture() }

    /// Every column of every table arrives: a new one that is forgotten is NULL.
    @Test func everyColumnOfEveryTableIsTaken() async throws {
        let path = try await fixture.work(1, on: [newJob("a", line: 1), newJob("b", line: 2)], in: "one.db")
        try Connection(path: path, access: .writing).run(Self.fullRows)
        let merged = try await fixture.merge([path], into: "out.db")
        let tables = [
            "runs", "run_seconds", "run_changes", "jobs", "requests", "attempts", "chunks", "completions",
            "rejected_lines",
        ]
        let columns = try sqlRows(
            path,
            "SELECT t.name, c.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table'"
        )
        for table in tables {
            let names = columns.filter { $0.hasPrefix(table + "|") }.map { $0.dropFirst(table.count + 1) }
            #expect(names.count > 2)
            for name in names {
                let rows = try Self.values(of: name, in: table, path)
                #expect(rows.contains { $0 != "" }, "\(table).\(name) is not tried here")
                #expect(try Self.values(of: name, in: table, merged) == rows, "\(table).\(name)")
            }
        }
    }

    private static func values(of column: Substring, in table: String, _ path: String) throws -> [String] {
        let connection = try Connection(path: path, access: .writing)
        try connection.run("CREATE TEMP VIEW tried AS SELECT \"\(column)\" AS value FROM \(table)")
        return try connection.texts("SELECT coalesce(value, '') FROM tried ORDER BY 1")
    }

    private static let fullRows = """
        UPDATE runs SET finished_ms = 5, exit_code = 4, stop_reason = 'why', options = '{"a":1}', endpoints = '[{}]';
        UPDATE run_seconds SET waits = '[1]';
        UPDATE requests SET metadata = '{"m":1}', "check" = '{"max_chars":9}';
        UPDATE jobs SET status = 'completed', attempts = 2, answers = 3, sample = 4 WHERE custom_id = 'a';
        UPDATE jobs SET status = 'pending', not_before_ms = 77, error_kind = 'cut', error = 'it broke',
            updated_ms = updated_ms + 1 WHERE custom_id = 'b';
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status, partial)
            VALUES (1, 1, 1, 0, 1, 'sha', 3, 'interrupted', '{"choices":[],"seams":[]}');
        INSERT INTO attempts VALUES (2, 1, 2, 1, 1, 'http://a', 'sha of x', 1, 'prefill', 11, 'reason', '["note"]', 12, 13, 14, 15, 16,
            'completed', 'stop', 200, 'cut', 'error', 'code', 17, 'req', 'res', 1, 2, 18, '{"100":1}', 19, 20, 'mixed',
            0.25, 'flex', NULL);
        INSERT INTO chunks VALUES (1, 2, 0, 21, 'text', 0, 0, 'one '), (2, 2, 1, 22, 'text', 1, 2, 'two');
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, model, response_id, finish_reason,
            native_finish_reason, prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_creation_tokens,
            reasoning_tokens, usage_source, billed_prompt_tokens, billed_completion_tokens, cost_usd, ttft_us, duration_us,
            chunk_count, segments, seams, usage, tool_calls, content, reasoning, refusal, message, "check", check_report,
            copied_from)
            VALUES (1, 0, 2, 31, 'm-1', 'res', 'stop', 'end', 32, 33, 34, 35, 36, 37, 'mixed', 38, 39, 0.5, 40, 41, 42, 1,
            '[{"attempt_id":2,"choice":0,"start":0,"kept":4,"restored":""}]', '{"u":1}', '[]', 'one ', 'because', 'no',
            '{"role":"assistant"}', 'mended', '{"findings":[]}', 'other');
        INSERT INTO rejected_lines VALUES ('jobs.jsonl', 7, 'not JSON', '{');
        """

    @Test func anIDWithTwoRequestsIsAConflictAndNothingOfItsSourceIsTaken() async throws {
        let one = try await fixture.work(1, on: [newJob("q", line: 42), newJob("r", line: 43)], in: "one.db")
        let two = try await fixture.work(
            2, on: [newJob("new", line: 1), newJob("r", line: 7, source: "b.jsonl", request: "{}")], in: "two.db")
        let merged = try await BatchDatabase.open(folder.file("out.db"))
        #expect(try await merged.merge(one) == .merged)
        let before = try MergeFixture.content(merged.path)
        #expect(
            try await merged.merge(two)
                == .conflict(
                    MergeConflict(
                        customID: "r", stored: MergeConflict.Place(source: "jobs.jsonl", line: 43),
                        other: MergeConflict.Place(source: "b.jsonl", line: 7), count: 1)))
        #expect(try MergeFixture.content(merged.path) == before)
        // It is not spoilt by that.
        #expect(try await merged.merge(one) == .merged)
        try await merged.close()
    }

    @Test func aSourceWithAWorkerIsRefused() async throws {
        let store = try await fixture.open(7, on: newJobs(2), in: "live.db")
        let refused = await #expect(throws: StoreError.self) {
            try await MergeInputs([store.database.path], into: folder.file("out.db"))
        }
        #expect(refused?.kind == .locked(pid: 7, host: "host") && refused?.path == store.database.path)
        #expect(try !folder.names.contains("out.db"))
        // One that came in between.
        let merged = try await BatchDatabase.open(folder.file("out.db"))
        let late = await #expect(throws: StoreError.self) { try await merged.merge(store.database.path) }
        #expect(late?.kind == .locked(pid: 7, host: "host"))
        try await store.database.close()
        #expect(try await merged.merge(store.database.path) == .merged)
        try await merged.close()
    }

    /// A worker that died, and a copy that was made while it lived: both are the same run, however far it came.
    @Test func whatADeadWorkerLeftIsPutInOrderAndWhatBecameOfItLaterGoesBeforeIt() async throws {
        let store = try await fixture.open(1, on: newJobs(3), in: "live.db")
        try await store.complete("j1", text: "done", at: 2_000)
        let job = try await store.job("j2")
        let text = textChunks("the beginning of an answer") + [StreamedChunk(.finish, "stop")]
        let id = store.queue.startAttempt(attemptStart(of: job))
        for (sequence, chunk) in text.prefix(3).enumerated() {
            _ = store.queue.storeChunks([chunk], of: id, from: sequence, atMicroseconds: 100)
        }
        try await store.database.flush()
        try folder.copyAsAfterCrash("live.db", to: "copy.db")
        for (sequence, chunk) in text.enumerated().dropFirst(3) {
            _ = store.queue.storeChunks([chunk], of: id, from: sequence, atMicroseconds: 200)
        }
        try await store.queue.endAttempt(completedEnd(id, of: job, text))
        try await store.cut("j3", after: "some")
        try await store.database.finishRun(store.runID, exitCode: 4, status: .interrupted, reason: "enough")
        try await store.database.close()
        let copy = folder.file("copy.db")
        let early = try await fixture.merge([copy], into: "early.db")
        #expect(try sqlRows(early, "SELECT custom_id, text FROM partials") == ["j2|the beginnin"])
        #expect(
            try sqlRows(early, "SELECT status, error FROM attempts ORDER BY 1 LIMIT 2").last?.contains("died") == true)
        let alone = try MergeFixture.content(try await fixture.merge([store.database.path], into: "alone.db"))
        for (number, order) in [[copy, store.database.path], [store.database.path, copy]].enumerated() {
            let path = try await fixture.merge(order, into: "both\(number).db")
            #expect(try MergeFixture.content(path) == alone)
            #expect(try sqlRows(path, Self.strayChunks) == ["0"])
        }
    }

    private static let strayChunks: SQL = """
        SELECT count(*) FROM chunks AS c WHERE NOT EXISTS (SELECT 1 FROM attempts AS a
            WHERE a.attempt_id = c.attempt_id AND c.chunk_id BETWEEN a.first_chunk_id AND a.last_chunk_id)
        """

    @Test func anOlderSchemaIsMergedAndItsFileStaysAsItIs() async throws {
        let path = folder.file("old.db")
        try DatabaseFile.create(DatabasePath(path))
        do {
            let connection = try Connection(path: path, access: .writing)
            try connection.run(SchemaOne.sql)
            try connection.execute("PRAGMA journal_mode = WAL")
            try connection.run(Self.oldRows)
        }
        let before = try FileState(path)
        let new = try await fixture.work(1, on: [newJob("new")], in: "new.db")
        let inputs = try await MergeInputs([new, path], into: folder.file("out.db"))
        let merged = try await fixture.merge(inputs.paths, into: "out.db")
        #expect(try FileState(path) == before)
        // Its run, which had died, is put in order in the copy.
        #expect(
            try sqlRows(
                merged,
                "SELECT custom_id, j.status, a.status FROM jobs AS j LEFT JOIN attempts AS a USING (job_id) ORDER BY 1")
                == ["a|completed|completed", "b|pending|interrupted", "new|pending|"])
        #expect(try sqlRows(merged, "SELECT custom_id, content, cost_usd FROM results") == ["a|good|0.5"])
        #expect(try folder.names.filter { $0.contains("-merging") } == [])
        #expect(try folder.names.filter { $0.hasPrefix("old.db") } == ["old.db", "old.db.lock"])
    }

    private static let oldRows = """
        INSERT INTO runs VALUES (1, 1789999990000, NULL, 'running', NULL, 'run', '{}', '1', 'host', 7);
        INSERT INTO jobs VALUES
            (1, 'a', 'a.jsonl', 1, 'openai', 'm', 'aa', 'completed', 1, NULL, NULL, NULL, 1, 1),
            (2, 'b', 'a.jsonl', 2, 'openai', 'm', 'bb', 'running', 0, NULL, NULL, NULL, 1, 1);
        INSERT INTO requests SELECT job_id, NULL, '{"messages":[]}' FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status,
            prompt_tokens, completion_tokens, cost_usd, response_id) VALUES
            (1, 1, 1, 1, 1, 'aa', 1, 'completed', 5, 7, 0.5, 'r1'), (2, 2, 1, 0, 1, 'bb', 1, 'running', NULL, NULL, NULL, NULL);
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens,
            completion_tokens, usage_source, cost_usd, segments, seams, content, message)
            VALUES (1, 0, 1, 1, 'stop', 5, 7, 'provider', 0.5, 1, '[]', 'good', '{}');
        """

    @Test func whatIsNoSourceIsToldBeforeAnythingIsMade() async throws {
        let one = try await fixture.work(1, on: newJobs(1), in: "one.db")
        let out = folder.file("out.db")
        try FileManager.default.linkItem(atPath: one, toPath: folder.file("link.db"))
        for (sources, target, words) in [
            ([one, one], out, "is named twice"), ([one, folder.file("link.db")], out, "also as"),
            ([one], one, "is the database that is merged into"), ([folder.file("link.db")], one, "merged into"),
        ] {
            let fault = await #expect(throws: MergeInputs.Fault.self) { try await MergeInputs(sources, into: target) }
            #expect(fault?.description.contains(words) == true, "\(fault?.description ?? "")")
        }
        try Data("some text".utf8).write(to: URL(filePath: folder.file("notes.txt")))
        let newer = folder.file("newer.db")
        try FileManager.default.copyItem(atPath: one, toPath: newer)
        try Connection(path: newer, access: .writing).run("PRAGMA user_version = 99")
        for (name, kind) in [
            ("none.db", StoreError.Kind.missing), ("notes.txt", .notOurs),
            ("newer.db", .newerSchema(found: 99, known: BatchSchema.version)),
        ] {
            let error = await #expect(throws: StoreError.self) {
                try await MergeInputs([one, folder.file(name)], into: out)
            }
            #expect(error?.kind == kind && error?.path == folder.file(name))
        }
        #expect(try !folder.names.contains("out.db") && !folder.names.contains("none.db"))
    }

    /// A copy that a killed merge left is no hindrance, and goes when the database is next opened to be written.
    @Test func aCopyOfAKilledMergeIsTakenAway() async throws {
        let left = ["out.db-merging-00000000000000af", "out.db-merging-00000000000000af-wal"]
        func leave() throws { for name in left { try Data("left".utf8).write(to: URL(filePath: folder.file(name))) } }
        let one = try await fixture.work(1, on: newJobs(1), in: "one.db")
        try leave()
        _ = try await fixture.merge([one], into: "out.db")
        #expect(try Set(left).isDisjoint(with: folder.names))
        // A reader lets it be.
        try leave()
        let reader = try await BatchReader.open(folder.file("out.db"))
        await reader.close()
        #expect(try Set(left).isSubset(of: folder.names))
        try await fixture.work(2, on: [], in: "out.db")
        #expect(try Set(left).isDisjoint(with: folder.names))
    }

    /// `out.db-merging` may be a database of the user's.
    @Test func aDatabaseWithSuchANameIsLeftAlone() async throws {
        let names = ["out.db-merging", "out.db-merging-wide", "out.db-merging-2026", "out.db-part-merging"]
        for name in names { try await fixture.work(1, on: newJobs(1), in: name) }
        let one = try await fixture.work(1, on: newJobs(1), in: "one.db")
        _ = try await fixture.merge([one], into: "out.db")
        for name in names { #expect(try sqlRows(folder.file(name), "SELECT count(*) FROM jobs") == ["1"], "\(name)") }
    }
}
