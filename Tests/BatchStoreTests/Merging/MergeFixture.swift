import BatchEngine
import Foundation
import LLMStreaming
import SystemCalls

@testable import BatchStore

/// Databases that did parts of one set of jobs, made by the store itself, and what they come to together.
struct MergeFixture {
    let folder: TemporaryFolder
    /// When runs begin, in Unix milliseconds.
    static let start: Int64 = 1_790_000_000_000

    init() throws { folder = try TemporaryFolder() }

    /// Works on jobs in a database of its own, as a process of its own, and closes it.
    ///
    /// - Parameters:
    ///   - number: which process it is: the greater, the later its run begins.
    ///   - name: of the database; one that is there is gone on with.
    @discardableResult
    func work(
        _ number: Int, on jobs: [NewJob], in name: String, _ body: (TestStore) async throws -> Void = { _ in }
    ) async throws -> String {
        let store = try await open(number, on: jobs, in: name)
        try await body(store)
        store.database.record(second(number, of: store.runID))
        try await store.database.record(
            RunChange(command: "concurrency", value: "\(number)", isKept: number % 2 == 0, streamsOver: number),
            ofRun: store.runID)
        try await store.database.finishRun(store.runID, exitCode: 0, status: .finished)
        try await store.database.close()
        return store.database.path
    }

    func open(_ number: Int, on jobs: [NewJob], in name: String) async throws -> TestStore {
        try await TestStore(jobs: jobs, name: name, folder: folder) { options in
            options.process = ProcessIdentity(pid: number, host: "host")
            options.unixMilliseconds = { Self.start + Int64(number) * 1_000 }
        }
    }

    private func second(_ number: Int, of run: Int64) -> RunSecond {
        RunSecond(
            runID: run, second: Self.start / 1000 + Int64(number), chunks: number, outputTokens: 2, completed: 1,
            failed: 0,
            running: 3, waiting: 4, waits: number % 2 == 0 ? nil : "[]")
    }

    /// Merges sources, in this order and each in a call of its own, into a new database; returns its path.
    func merge(_ sources: [String], into name: String) async throws -> String {
        let merged = try await BatchDatabase.open(folder.file(name))
        for source in sources { _ = try await merged.merge(source) }
        try await merged.close()
        return merged.path
    }

    /// All that a database holds, without the numbers of rows.
    static func content(_ path: String) throws -> [String] {
        try content.flatMap { try ["--"] + sqlRows(path, $0) } + seams(path)
    }

    /// The contents rebuilt from the chunks, where they are kept.
    static func seams(_ path: String) throws -> [String] {
        try sqlRows(path, CompletionTests.rebuiltContents).sorted()
    }

    private static let content: [SQL] = [
        """
        SELECT custom_id, source, line, provider, model, request_sha256, j.status, attempts, answers, sample, not_before_ms,
            error_kind, error, created_ms, updated_ms, metadata, request FROM jobs AS j JOIN requests USING (job_id) ORDER BY 1
        """,
        """
        SELECT j.custom_id, a.number, r.pid, a.counts, a.request_sha256, b.number, a.resume_strategy, a.prefix_chars,
            a.endpoint, a.started_ms, a.first_byte_us, a.duration_us, a.status, a.error_kind, a.error, a.response_id, a.chunk_count,
            a.gaps, a.prompt_tokens, a.completion_tokens, a.usage_source, a.cost_usd, a.partial -> '$.choices',
            (SELECT group_concat(number) FROM attempts WHERE attempt_id IN (
                SELECT value ->> '$.attempt_id' FROM json_each(a.partial, '$.seams'))),
            (SELECT group_concat(seq || kind || text, ',') FROM (SELECT * FROM chunks
                WHERE chunk_id BETWEEN a.first_chunk_id AND a.last_chunk_id AND attempt_id = a.attempt_id ORDER BY seq))
        FROM attempts AS a JOIN jobs AS j USING (job_id) JOIN runs AS r USING (run_id)
        LEFT JOIN attempts AS b ON b.attempt_id = a.resumed_from
        ORDER BY 1, 2
        """,
        """
        SELECT custom_id, c.choice, a.number, c.created_ms, c.response_id, c.finish_reason, c.prompt_tokens,
            c.completion_tokens, c.billed_prompt_tokens, c.billed_completion_tokens, c.cost_usd, c.ttft_us, c.duration_us,
            c.segments, c.content, c.message, c."check", c.check_report, c.copied_from
        FROM completions AS c JOIN jobs USING (job_id) JOIN attempts AS a USING (attempt_id) ORDER BY 1, 2
        """,
        """
        SELECT started_ms, finished_ms, status, exit_code, command, options, version, host, pid, second, chunks,
            output_tokens, completed, failed, running, waiting, waits
        FROM runs AS r LEFT JOIN run_seconds USING (run_id) ORDER BY 1, host, pid, second
        """,
        """
        SELECT pid, c.number, c.at_ms, c.command, c.value, c.keep, c.streams_over
        FROM run_changes AS c JOIN runs AS r USING (run_id) ORDER BY started_ms, 1, 2
        """,
        "SELECT pid FROM runs ORDER BY run_id DESC LIMIT 1", "SELECT * FROM rejected_lines ORDER BY 1, 2",
        "SELECT custom_id, text FROM partials ORDER BY 1",
        "SELECT custom_id, number, reason, text FROM rejected_answers ORDER BY 1, 2, choice",
        "SELECT custom_id, error, http_status FROM failures ORDER BY 1",
        BatchReader.sourceQuery, "PRAGMA foreign_key_check", "PRAGMA integrity_check",
    ]

    /// The jobs as `results` gives them, all pages.
    static func results(_ path: String, limit: Int = 2) async throws -> [String] {
        let reader = try await BatchReader.open(path)
        var lines: [String] = []
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await reader.results(
                after: cursor, filter: ResultFilter(statuses: Set(JobStatus.allCases)), limit: limit)
            lines += page.results.map { result in
                let job = result.job
                let answers = result.completions.map { "\($0.content)|\($0.firstChunkMicroseconds ?? 0)" }
                return "\(job.source):\(job.line ?? 0) \(job.customID) \(job.status) \(job.attempts) \(answers) "
                    + "\(job.error ?? "") \(result.httpStatus ?? 0)"
            }
            cursor = page.next
        } while cursor != nil
        await reader.close()
        return lines
    }
}

extension TestStore {
    /// Completes a job with this text at this time.
    func complete(_ id: String, text: String, at milliseconds: Int64, response: String? = nil) async throws {
        let job = try await job(id)
        var chunks = textChunks(text) + [StreamedChunk(.finish, "stop")]
        if let response { chunks.insert(StreamedChunk(.response, #"{"id":"\#(response)"}"#), at: 0) }
        chunks.append(StreamedChunk(.usage, #"{"prompt_tokens":5,"completion_tokens":7}"#))
        var end = try completedEnd(attempt(job, chunks), of: job, chunks)
        end.endedMilliseconds = milliseconds
        try await queue.endAttempt(end)
    }

    /// Breaks a job off after this text; with none it is pending again.
    func cut(_ id: String, after text: String, at endpoint: String? = nil) async throws {
        let job = try await job(id)
        let chunks = textChunks(text)
        try await queue.endAttempt(cutEnd(attempt(job, chunks, at: endpoint), of: job, chunks, endpoint: endpoint))
    }

    /// Completes a job from the text that was kept of it.
    func goOn(_ id: String, prefixScalars: Int, with text: String, at endpoint: String? = nil) async throws {
        let job = try await job(id)
        let chunks = textChunks(text) + [StreamedChunk(.finish, "stop")]
        let number = attempt(job, chunks, strategy: .prefill, prefixScalars: prefixScalars, at: endpoint)
        try await queue.endAttempt(
            completedEnd(
                number, of: job, chunks, base: job.partial, prefixScalars: prefixScalars, endpoint: endpoint))
    }

    func fail(_ id: String) async throws {
        let job = try await job(id)
        try await queue.endAttempt(failedEnd(attempt(job, []), of: job))
    }
}
