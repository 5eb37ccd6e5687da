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
