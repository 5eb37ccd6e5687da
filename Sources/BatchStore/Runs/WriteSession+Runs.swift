import LLMStreaming
import SystemCalls

extension WriteSession {
    /// Writes the row of a run that begins, and returns its number.
    mutating func beginRun(command: String, options runOptions: String, version: String) throws(SQLiteFailure) -> Int64
    {
        try transaction { (session) throws(SQLiteFailure) in
            let insert = try session.connection.prepare(
                """
                INSERT INTO runs (started_ms, status, command, options, version, host, pid)
                VALUES (?1, 'running', ?2, ?3, ?4, ?5, ?6)
                RETURNING run_id
                """)
            insert.bind(session.options.now, at: 1)
            insert.bind(command, at: 2)
            insert.bind(runOptions, at: 3)
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

    /// Writes how a run ended.
    mutating func finishRun(
        _ id: Int64, exitCode: Int, status: RunStatus, reason: String?
    ) throws(SQLiteFailure) {
        try transaction { (session) throws(SQLiteFailure) in
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
