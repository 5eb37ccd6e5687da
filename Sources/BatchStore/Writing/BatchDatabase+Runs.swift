import LLMStreaming
import SystemCalls

extension BatchDatabase {
    /// Writes the row of a run that begins, and returns its number.
    ///
    /// - Parameters:
    ///   - command: run, resume or retry.
    ///   - options: JSON, without secrets.
    ///   - version: of this program.
    package func beginRun(command: String, options: String, version: String) async throws(StoreError) -> Int64 {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let insert = try session.connection.prepare(
                """
                INSERT INTO runs (started_ms, status, command, options, version, host, pid)
                VALUES (?1, 'running', ?2, ?3, ?4, ?5, ?6)
                RETURNING run_id
                """)
            insert.bind(session.options.now, at: 1)
            insert.bind(command, at: 2)
            insert.bind(options, at: 3)
            insert.bind(version, at: 4)
            insert.bind(session.options.process.host, at: 5)
            insert.bind(session.options.process.pid, at: 6)
            _ = try insert.step()
            let id = insert.integer(0)
            // To its end: only then is the row written.
            try insert.run()
            return id
        }
    }

    /// Queues what happened in a second of a run.
    package func record(_ second: RunSecond) { writer.act(on: writer.queue.append(second)) }

    /// Commits what waits, and then how a run ended.
    ///
    /// - Parameters:
    ///   - id: the run.
    ///   - exitCode: what its process ends with.
    ///   - status: whether it did all that it had to.
    ///   - reason: why it stopped with work left, in words without secrets; nil for no reason.
    package func finishRun(
        _ id: Int64, exitCode: Int, status: RunStatus, reason: String? = nil
    ) async throws(StoreError) {
        try await writer.flushAll()
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                "UPDATE runs SET finished_ms = ?2, exit_code = ?3, status = ?4, stop_reason = ?5 WHERE run_id = ?1")
            update.bind(id, at: 1)
            update.bind(session.options.now, at: 2)
            update.bind(exitCode, at: 3)
            update.bind(status.rawValue, at: 4)
            update.bind(reason?.shortened(toBytes: 2_000), at: 5)
            try update.run()
        }
    }
}

/// What happened in a second of a run: a row of `run_seconds`.
package struct RunSecond: Sendable, Equatable {
    package var runID: Int64
    /// Unix seconds.
    package var second: Int64
    /// Pieces received in this second.
    package var chunks: Int
    /// Tokens of the answers completed in this second.
    package var outputTokens: Int
    /// Jobs completed in this second.
    package var completed: Int
    /// Jobs failed in this second.
    package var failed: Int
    /// Streams open at its end.
    package var running: Int
    /// Jobs that wait for another attempt at its end.
    package var waiting: Int
    /// What jobs that could be sent wait for at its end, JSON; nil where none waits.
    package var waits: String?
    /// How the endpoints of the run stand at its end, JSON, which its row holds; nil where that is as it was.
    package var endpoints: String?

    package init(
        runID: Int64, second: Int64, chunks: Int, outputTokens: Int, completed: Int, failed: Int, running: Int,
        waiting: Int, waits: String? = nil, endpoints: String? = nil
    ) {
        self.runID = runID
        self.second = second
        self.chunks = chunks
        self.outputTokens = outputTokens
        self.completed = completed
        self.failed = failed
        self.running = running
        self.waiting = waiting
        self.waits = waits
        self.endpoints = endpoints
    }
}

/// Writes the rows of `run_seconds`.
struct RunSecondWriter: ~Copyable {
    private let second: Statement
    private let endpoints: Statement
}

// In an extension: a struct of noncopyable members must be made by its memberwise initialiser where one may throw.
extension RunSecondWriter {
    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        // A clock that was set back repeats a second.
        let second = try connection.prepare(
            """
            INSERT INTO run_seconds (run_id, second, chunks, output_tokens, completed, failed, running, waiting,
                waits)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT DO UPDATE SET chunks = chunks + excluded.chunks,
                output_tokens = output_tokens + excluded.output_tokens, completed = completed + excluded.completed,
                failed = failed + excluded.failed, running = excluded.running, waiting = excluded.waiting,
                waits = excluded.waits
            """)
        let endpoints = try connection.prepare("UPDATE runs SET endpoints = ?2 WHERE run_id = ?1")
        self.init(second: second, endpoints: endpoints)
    }

    /// Writes a second.
    func write(_ row: RunSecond) throws(SQLiteFailure) {
        second.bind(row.runID, at: 1)
        second.bind(row.second, at: 2)
        second.bind(row.chunks, at: 3)
        second.bind(row.outputTokens, at: 4)
        second.bind(row.completed, at: 5)
        second.bind(row.failed, at: 6)
        second.bind(row.running, at: 7)
        second.bind(row.waiting, at: 8)
        second.bind(row.waits, at: 9)
        try second.run()
        guard let text = row.endpoints else { return }
        endpoints.bind(row.runID, at: 1)
        endpoints.bind(text, at: 2)
        try endpoints.run()
    }
}
