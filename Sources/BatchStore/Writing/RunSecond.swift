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

    package init(
        runID: Int64, second: Int64, chunks: Int, outputTokens: Int, completed: Int, failed: Int, running: Int,
        waiting: Int, waits: String? = nil
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
    }
}

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
