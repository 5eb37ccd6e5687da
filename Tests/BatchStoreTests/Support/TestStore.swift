import BatchEngine
import LLMStreaming

@testable import BatchStore

/// An open database in a folder of its own, with a run on it.
struct TestStore {
    let folder: TemporaryFolder
    let database: BatchDatabase
    let runID: Int64
    let queue: JobQueue

    /// - Parameter jobs: stored at first.
    init(
        jobs: [NewJob] = [], name: String = "jobs.db", folder: TemporaryFolder? = nil,
        options change: (inout StoreOptions) -> Void = { _ in }
    ) async throws {
        self.folder = try folder ?? TemporaryFolder()
        var options = StoreOptions()
        change(&options)
        database = try await BatchDatabase.open(self.folder.file(name), options: options)
        runID = try await database.beginRun(command: "run", options: "{}", version: "test")
        queue = database.queue(for: .all, runID: runID)
        if !jobs.isEmpty { _ = try await database.ingest(jobs, onChanged: .error) }
    }

    /// The job of that id as it would be handed out.
    func job(_ id: String) async throws -> Job {
        let ready = try await queue.nextJobs(for: testLane, after: 0, limit: 1_000_000)
        let due = try await queue.dueJobs(for: testLane, at: .max, limit: 1_000_000, excluding: [])
        guard let job = (ready + due).first(where: { $0.customID == id }) else { throw NotThere() }
        return job
    }

    struct NotThere: Error {}

    /// Runs an attempt of a job: these chunks, one read each.
    func attempt(
        _ job: Job, _ chunks: [StreamedChunk], strategy: ResumeStrategy? = nil, prefixScalars: Int? = nil,
        at endpoint: String? = nil
    ) -> Int64 {
        let id = queue.startAttempt(
            attemptStart(of: job, strategy: strategy, prefixScalars: prefixScalars, endpoint: endpoint))
        for (sequence, chunk) in chunks.enumerated() {
            _ = queue.storeChunks([chunk], of: id, from: sequence, atMicroseconds: Int64(100 * (sequence + 1)))
        }
        return id
    }

    /// Completes a job with this text.
    func complete(_ id: String, text: String = "answer") async throws {
        let job = try await job(id)
        let chunks = textChunks(text) + [StreamedChunk(.finish, "stop")]
        try await queue.endAttempt(completedEnd(attempt(job, chunks), of: job, chunks))
    }

    /// Completes a job at an endpoint, whose report says that so many of 5 input tokens came from a cache (nil: nothing).
    func complete(_ id: String, at endpoint: String, cached: Int?) async throws {
        let job = try await job(id)
        let details = cached.map { #","prompt_tokens_details":{"cached_tokens":\#($0)}"# } ?? ""
        let chunks =
            textChunks("answer") + [
                StreamedChunk(.finish, "stop"),
                StreamedChunk(.usage, #"{"prompt_tokens":5,"completion_tokens":7\#(details)}"#),
            ]
        try await queue.endAttempt(
            completedEnd(attempt(job, chunks, at: endpoint), of: job, chunks, endpoint: endpoint))
    }

    /// The rows of a query, each as its columns joined with `|`.
    func rows(_ sql: SQL) throws -> [String] { try sqlRows(database.path, sql) }
}

/// The rows of a query on a connection of its own, each as its columns joined with `|`; NULL is empty.
func sqlRows(_ path: String, _ sql: SQL) throws -> [String] {
    let connection = try Connection(path: path, access: .reading)
    let statement = try connection.prepare(sql)
    var rows: [String] = []
    while try statement.step() {
        rows.append((0..<statement.columnCount).map { statement.text($0) }.joined(separator: "|"))
    }
    return rows
}
