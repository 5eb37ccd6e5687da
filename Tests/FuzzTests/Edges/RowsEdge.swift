import Foundation
import LLMStreaming

@testable import BatchEngine
@testable import BatchStore
@testable import llm4s_batch

/// A database in which others have written: lines of `table column row value`, each an UPDATE.
///
/// What the schema's own checks refuse is left as it is. Whatever else is there, all readers read it, and a worker runs
/// its jobs or says why not.
enum RowsEdge {
    static func take(_ bytes: [UInt8]) async throws {
        let folder = try template.copy()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "a.db").path
        do {
            let connection = try Connection(path: path, access: .writing)
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(12) {
                guard let statement = statement(line) else { continue }
                try? connection.run(statement)
            }
        }
        try await read(path)
        try await work(path)
        try await read(path)
    }

    private static let columns: [(table: String, columns: [String])] = [
        (
            "jobs",
            [
                "job_id", "line", "attempts", "not_before_ms", "created_ms", "updated_ms", "status", "error_kind",
                "custom_id", "source", "provider", "model", "request_sha256", "error",
            ]
        ),
        (
            "attempts",
            [
                "attempt_id", "job_id", "number", "counts", "run_id", "resumed_from", "prefix_chars",
                "overlap_chars", "started_ms", "first_byte_us", "first_chunk_us", "duration_us", "status",
                "http_status",
                "retry_after_ms", "first_chunk_id", "last_chunk_id", "chunk_count", "gaps", "prompt_tokens",
                "completion_tokens", "cost_usd", "partial", "notes", "resume_strategy", "response_id", "error_kind",
            ]
        ),
        ("chunks", ["chunk_id", "attempt_id", "seq", "at_us", "kind", "choice", "item", "text"]),
        (
            "completions",
            [
                "job_id", "choice", "attempt_id", "created_ms", "prompt_tokens", "completion_tokens",
                "total_tokens", "cached_tokens", "cache_creation_tokens", "reasoning_tokens", "billed_prompt_tokens",
                "billed_completion_tokens", "cost_usd", "ttft_us", "duration_us", "chunk_count", "segments", "seams",
                "usage",
                "tool_calls", "message", "content",
            ]
        ),
        ("runs", ["run_id", "started_ms", "finished_ms", "status", "exit_code", "pid", "command", "host"]),
        ("run_seconds", ["second", "chunks", "output_tokens", "completed", "failed", "running", "waiting", "waits"]),
        ("requests", ["job_id", "metadata", "request"]),
    ]

    /// The statement of a line: table, column, which of its rows (0 for all), value; nil where it is none.
    private static func statement(_ line: Substring) -> String? {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let row = Int(words[2]).map({ abs($0 % 4) }) else { return nil }
        guard let (table, columns) = columns.first(where: { $0.table == words[0] }),
            columns.contains(String(words[1]))
        else { return nil }
        let key = table == "run_seconds" ? "second" : "rowid"
        let place = row == 0 ? "" : " WHERE \(key) = (SELECT \(key) FROM \(table) LIMIT 1 OFFSET \(row - 1))"
        return "UPDATE OR IGNORE \(table) SET \(words[1]) = \(literal(words[3]))\(place)"
    }

    /// A number as it stands, also one at the end of its range, else a text.
    private static func literal(_ word: Substring) -> String {
        if let number = Int64(word) { return number == .min ? "(-9223372036854775807 - 1)" : String(number) }
        if word == "NULL" { return "NULL" }
        if let number = Double(word), !number.isNaN {
            return number.isInfinite ? number < 0 ? "-9e999" : "9e999" : "\(number)"
        }
        let digits = word.utf8.map { String(Int($0) + 256, radix: 16).dropFirst() }
        return "CAST(x'\(digits.joined())' AS TEXT)"
    }

    // MARK: Reading

    /// All that the commands read, and what they print of it.
    private static func read(_ path: String) async throws {
        let reader = try await BatchReader.open(path)
        let now: Int64 = 1_790_000_000_000
        let status = StatusReport(
            status: try await reader.status(), failures: try await reader.failures(), width: 80, path: path, now: now)
        _ = (status.text, status.json.text)
        let stats = StatsReport(statistics: try await reader.statistics(), width: 80)
        _ = (stats.text, stats.json.text)
        _ = JSON.double(try await reader.spending(in: .all).cost(by: PriceTable())).text
        let sources = try await reader.sources()
        _ = try await reader.counts(in: .sources(sources))
        try await print(reader, now)
        await reader.close()
    }

    private static func print(_ reader: BatchReader, _ now: Int64) async throws {
        let filter = ResultFilter(statuses: Set(JobStatus.allCases))
        var cursor: ResultPage.Cursor?
        var pages = 0
        repeat {
            let page = try await reader.results(after: cursor, filter: filter, limit: 2)
            for result in page.results {
                for format in ResultFormat.allCases { _ = try? format.text(result, partial: nil, isForTerminal: true) }
                try await show(result.job, reader, now)
            }
            cursor = page.next
            pages += 1
            if pages > 100 { throw Contradiction(description: "the results of a few jobs have no end") }
        } while cursor != nil
    }

    private static func show(_ job: JobRecord, _ reader: BatchReader, _ now: Int64) async throws {
        guard let again = try await reader.job(customID: job.customID) else { return }
        var report = JobReport(
            job: again, request: try await reader.request(ofJob: job.id) ?? [],
            attempts: try await reader.attempts(ofJob: job.id),
            completions: try await reader.completions(ofJob: job.id), now: now, width: 80)
        for attempt in report.attempts {
            var chunks: [StoredChunk] = []
            var next: Int64?
            var pages = 0
            repeat {
                let page = try await reader.chunks(of: attempt, after: next)
                chunks += page.chunks
                next = page.next
                pages += 1
                if pages > 100 { throw Contradiction(description: "the chunks of an attempt have no end") }
            } while next != nil
            report.chunks[attempt.id] = chunks
            _ = try await reader.areChunksDeleted(of: attempt)
        }
        _ = (report.text, report.json.text)
    }

    // MARK: Working

    /// What a worker does: rescues, takes up all jobs, goes on from what is kept; it may refuse the file.
    private static func work(_ path: String) async throws {
        var options = StoreOptions()
        options.chunks = .partial
        guard let database = try? await BatchDatabase.open(path, options: options) else { return }
        do {
            let runID = try await database.beginRun(command: "run", options: "{}", version: "fuzz")
            let queue = database.queue(for: .all, runID: runID)
            for lane in try await queue.lanes() {
                let ready = try await queue.nextJobs(in: lane, after: .min, limit: 16)
                let due = try await queue.dueJobs(in: lane, at: .max, limit: 16, excluding: [])
                _ = try await queue.nextDueTime(in: lane, excluding: [])
                for job in ready + due { try await run(job, queue) }
            }
            try await database.finishRun(runID, exitCode: 0, status: .finished)
        } catch {
            // A worker may say that a row cannot be worked on.
        }
        try? await database.close()
    }

    private static func run(_ job: Job, _ queue: JobQueue) async throws {
        guard let provider = ProviderCatalog()[job.provider] else { return }
        _ = Reservation(request: job.request, bytes: 10, largestOutput: 4096, price: nil)
        let content =
            (try? JobRequest(stored: job.request).content)
            ?? .conversation([.user("x")], CompletionOptions(), extraBody: JSONObject())
        let plan = ResumePlan.make(
            partial: job.partial, content: content, model: job.model, provider: provider, policy: .prefill,
            isRefused: false)
        let id = queue.startAttempt(
            AttemptStart(
                jobID: job.id, number: job.attemptCount + 1, requestSHA256: job.requestSHA256, strategy: plan.strategy,
                resumedFrom: nil, prefixScalars: plan.prefixScalars, startedMilliseconds: 1_790_000_000_000))
        let chunks = [StreamedChunk(.text, " there was"), StreamedChunk(.finish, "stop")]
        _ = queue.storeChunks(chunks, of: id, from: 0, atMicroseconds: 5)
        var accumulator = StreamingAccumulator()
        for chunk in chunks { accumulator.add(chunk) }
        let result = StreamResult(
            outcome: .completed(try accumulator.completion(isComplete: true)), partial: accumulator.partial)
        let verdict = AttemptVerdict(
            job: job, plan: plan, attemptID: id, result: result, policy: RetryPolicy(), fraction: 0.5,
            now: 1_790_000_000_001)
        try await queue.endAttempt(verdict.end)
    }

    static let seeds = [
        "completions prompt_tokens 1 7\ncompletions completion_tokens 2 9",
        "completions completion_tokens 0 9223372036854775807",
        "attempts completion_tokens 0 9223372036854775807\nattempts prompt_tokens 0 -9223372036854775808",
        "attempts started_ms 1 9223372036854775807\nattempts started_ms 2 -9223372036854775808",
        "attempts duration_us 0 9223372036854775807\nattempts first_chunk_us 0 -5",
        "attempts cost_usd 0 1e999\ncompletions cost_usd 0 1e999",
        "attempts cost_usd 1 1e308\nattempts cost_usd 2 1e308\ncompletions cost_usd 0 -1e308",
        "attempts first_chunk_id 0 -9223372036854775808\nattempts last_chunk_id 0 9223372036854775807",
        "attempts prefix_chars 0 -3\nattempts number 1 9223372036854775807",
        "attempts gaps 0 {\"9223372036854775807\":9223372036854775807,\"x\":1}\nattempts partial 0 {",
        "attempts status 0 running\nattempts partial 1 {\"choices\":[{\"text\":\"a b\"}],\"tokens\":9e18,"
            + "\"seams\":[{\"attempt_id\":1,\"kept\":-5}]}",
        "chunks chunk_id 1 9223372036854775807\nchunks choice 2 1000000000000",
        "chunks choice 0 -1\nchunks at_us 0 9223372036854775807\nattempts status 0 running",
        "completions seams 0 [{\"attempt_id\":1,\"start\":9223372036854775807,\"kept\":9223372036854775807}]",
        "completions segments 0 9223372036854775807\ncompletions ttft_us 0 -9223372036854775808",
        "jobs job_id 1 9223372036854775807\njobs attempts 0 9223372036854775807\njobs line 2 9223372036854775807",
        "jobs not_before_ms 3 9223372036854775807\njobs created_ms 0 -9223372036854775808",
        "runs started_ms 0 9223372036854775807\nruns finished_ms 0 -9223372036854775808\nruns pid 0 -1",
        "runs status 0 running\nrun_seconds chunks 0 9223372036854775807\nrun_seconds second 1 -9223372036854775808",
        "run_seconds waits 0 [{\"name\":\"x\",\"reason\":\"y\",\"until_ms\":-9223372036854775808}]\nruns status 0 running",
        "requests request 0 {\"prompt\":\"x\",\"options\":{\"max_tokens\":9223372036854775807,\"n\":9223372036854775807}}",
        "runs run_id 1 9223372036854775807\nattempts retry_after_ms 0 9223372036854775807",
    ]

    // MARK: The database

    /// A database with an answer of one piece, a joined one, a job that failed, one that waits and one that is new.
    private static let template = Template()

    private struct Template {
        let folder: URL

        init() {
            folder = Self.newFolder()
            do {
                let path = folder.appending(path: "a.db").path
                guard FileManager.default.createFile(atPath: path, contents: nil) else {
                    throw CocoaError(.fileWriteUnknown)
                }
                let connection = try Connection(path: path, access: .writing)
                try connection.run(BatchSchema.sql)
                try connection.run(Self.rows)
            } catch {
                preconditionFailure("the template cannot be made: \(error)")
            }
        }

        func copy() throws -> URL {
            let copy = Self.newFolder()
            try FileManager.default.copyItem(at: folder.appending(path: "a.db"), to: copy.appending(path: "a.db"))
            return copy
        }

        private static func newFolder() -> URL {
            let memory = URL(filePath: "/dev/shm")
            let root =
                FileManager.default.isWritableFile(atPath: memory.path)
                ? memory : FileManager.default.temporaryDirectory
            let folder = root.appending(path: "llm4s-fuzz-\(UUID().uuidString)")
            do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
                preconditionFailure("\(folder.path): \(error)")
            }
            return folder
        }

        private static let rows = """
            INSERT INTO runs VALUES (1, 1789999990000, 1789999999000, 'finished', 0, NULL, 'run', '{}', '1', 'host', 7);
            INSERT INTO run_seconds VALUES (1, 1789999991, 5, 5, 1, 0, 1, 0, NULL), (1, 1789999992, 5, 5, 1, 0, 1, 0, NULL);
            INSERT INTO jobs VALUES
                (1, 'a', 'a.jsonl', 1, 'openai', 'm', 'aa', 'completed', 1, NULL, NULL, NULL, 1789999990000, 1789999990000),
                (2, 'b', 'a.jsonl', 2, 'openai', 'm', 'bb', 'completed', 2, NULL, NULL, NULL, 1789999990000, 1789999990000),
                (3, 'c', 'a.jsonl', 3, 'mistral', 'm', 'cc', 'interrupted', 1, 1789999995000, 'cut', 'cut', 1789999990000, 0),
                (4, 'd', 'a.jsonl', 4, 'openai', 'm', 'dd', 'failed', 5, NULL, 'server', 'HTTP 500', 1789999990000, 0),
                (5, 'e', 'a.jsonl', NULL, 'mistral', 'm', 'ee', 'pending', 0, NULL, NULL, NULL, 1789999990000, 0);
            INSERT INTO requests SELECT job_id, '{"k":1}', '{"prompt":"Say it."}' FROM jobs;
            INSERT INTO attempts VALUES
                (1, 1, 1, 1, 1, 'aa', NULL, NULL, NULL, NULL, NULL, NULL, 1789999990000, 10, 20, 30, 'completed', 'stop', 200,
                    NULL, NULL, NULL, NULL, 'q', 'r1', 1, 2, 2, '{"8":1}', 3, 2, 'provider', 0.5, 'default', NULL),
                (2, 2, 1, 1, 1, 'bb', NULL, NULL, NULL, NULL, NULL, NULL, 1789999990000, 10, 20, 30, 'interrupted', NULL, 200,
                    'cut', 'cut', NULL, 500, 'q', 'r2', 3, 3, 1, '{"8":1}', 3, 2, 'estimate', 0.5, NULL,
                    '{"choices":[{"choice":0,"text":"Once upon"}],"content_deltas":2,"tokens":2,"furthest":9,
                    "seams":[{"attempt_id":2,"choice":0,"start":0,"kept":9,"restored":""}]}'),
                (3, 2, 2, 1, 1, 'bb', 2, 'prefill', 4, 'why', '["a note"]', 0, 1789999991000, 10, 20, 30, 'completed', 'stop',
                    200, NULL, NULL, NULL, NULL, 'q', 'r3', 4, 5, 2, NULL, 9, 2, 'mixed', 0.25, NULL, NULL),
                (4, 3, 1, 1, 1, 'cc', NULL, NULL, NULL, NULL, NULL, NULL, 1789999991000, 10, 20, 30, 'interrupted', NULL, 200,
                    'cut', 'cut', NULL, NULL, 'q', 'r4', 6, 7, 2, '{"8":1}', 3, 2, 'estimate', NULL, NULL,
                    '{"choices":[{"choice":0,"text":"Once upon a time"}],"content_deltas":2,"tokens":4,"furthest":16,
                    "seams":[{"attempt_id":4,"choice":0,"start":0,"kept":16,"restored":""}]}'),
                (5, 4, 1, 1, 1, 'dd', NULL, NULL, NULL, NULL, NULL, NULL, 1789999991000, 10, NULL, 30, 'failed', NULL, 500,
                    'server', 'HTTP 500', 'x', NULL, 'q', NULL, NULL, NULL, 0, NULL, NULL, NULL, 'none', NULL, NULL, NULL);
            INSERT INTO chunks VALUES
                (1, 1, 0, 20, 'text', 0, 0, 'Hi'), (2, 1, 1, 25, 'finish', 0, 0, 'stop'), (3, 2, 0, 20, 'text', 0, 0, 'Once upon'),
                (4, 3, 0, 20, 'text', 0, 0, ' upon a time'), (5, 3, 1, 25, 'finish', 0, 0, 'stop'),
                (6, 4, 0, 20, 'text', 0, 0, 'Once upon'), (7, 4, 1, 25, 'text', 0, 0, ' a time');
            INSERT INTO completions VALUES
                (1, 0, 1, 1789999990000, 'm', 'r1', 'stop', 'stop', 3, 2, 5, 0, 0, 0, 'provider', 3, 2, 0.5, 20, 30, 2, 1,
                    '[{"attempt_id":1,"choice":0,"start":0,"kept":2,"restored":""}]', '{"prompt_tokens":3}', NULL, 'Hi', NULL,
                    NULL, '{"role":"assistant","content":"Hi"}'),
                (2, 0, 3, 1789999991000, 'm', 'r3', 'stop', 'stop', 3, 4, 7, 0, 0, 0, 'mixed', 12, 4, 0.75, 20, 60, 3, 2,
                    '[{"attempt_id":2,"choice":0,"start":0,"kept":4,"restored":""},
                    {"attempt_id":3,"choice":0,"start":0,"kept":12,"restored":""}]', '{"prompt_tokens":9}', NULL,
                    'Once upon a time', NULL, NULL, '{"role":"assistant","content":"Once upon a time"}');
            """
    }
}
