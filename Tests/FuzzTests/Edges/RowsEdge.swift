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
        let folder = try RowsDatabase.newFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = try RowsDatabase.copy(to: folder)
        do {
            let connection = try Connection(path: path, access: .writing)
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(12) {
                guard let write = ForeignWrite(line) else { continue }
                try? connection.run(write.statement)
            }
        }
        try await read(path)
        try await work(path)
        try await read(path)
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
        var members = MetadataMembers()
        try await members.read(from: reader, filter: filter)
        let names = ResultColumn.Name.allCases.map(\.rawValue)
        let table = ResultTable(
            columns: ResultColumn.usual(metadata: members.names)
                + names.compactMap { ResultColumn($0, isMember: members.contains) })
        _ = try await reader.goneCount(passing: filter)
        var cursor: ResultPage.Cursor?
        var pages = 0
        repeat {
            let page = try await reader.results(after: cursor, filter: filter, withRequests: true, limit: 2)
            for result in page.results {
                for format in ResultFormat.allCases {
                    for table in [nil, table] {
                        _ = try? format.text(result, partial: nil, table: table, isForTerminal: true)
                    }
                }
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
            for model in try await queue.models() {
                let ready = try await queue.nextJobs(for: model, after: .min, limit: 16)
                let due = try await queue.dueJobs(for: model, at: .max, limit: 16, excluding: [])
                _ = try await queue.nextDueTime(for: model, excluding: [])
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
                resumedFrom: nil, prefixScalars: plan.prefixScalars, startedMilliseconds: 1_790_000_000_000,
                endpoint: job.partial?.endpoint))
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
        "runs status 0 running\nrun_seconds second 2 9223372036854775807",
        "runs status 0 running\nrun_seconds chunks 0 9223372036854775807\nrun_seconds second 1 -9223372036854775808",
        "run_seconds waits 0 [{\"name\":\"x\",\"reason\":\"y\",\"until_ms\":-9223372036854775808}]\nruns status 0 running",
        "requests request 0 {\"prompt\":\"x\",\"options\":{\"max_tokens\":9223372036854775807,\"n\":9223372036854775807}}",
        "attempts endpoint 0 http://\u{1B}[2J\nattempts endpoint 1 \nattempts endpoint 2 https://x#y#z\n"
            + "completions cached_tokens 0 9223372036854775807",
        "runs run_id 1 9223372036854775807\nattempts retry_after_ms 0 9223372036854775807",
    ]
}
