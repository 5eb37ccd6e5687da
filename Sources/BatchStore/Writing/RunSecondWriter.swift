/// Writes the rows of `run_seconds`.
struct RunSecondWriter: ~Copyable {
    private let second: Statement

    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        // A clock that was set back repeats a second.
        second = try connection.prepare(
            """
            INSERT INTO run_seconds (run_id, second, chunks, output_tokens, completed, failed, running, waiting,
                waits)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT DO UPDATE SET chunks = chunks + excluded.chunks,
                output_tokens = output_tokens + excluded.output_tokens, completed = completed + excluded.completed,
                failed = failed + excluded.failed, running = excluded.running, waiting = excluded.waiting,
                waits = excluded.waits
            """)
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
    }
}
