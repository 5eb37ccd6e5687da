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
    /// Jobs that wait for another try at its end.
    package var waiting: Int
    /// What jobs that could be sent wait for at its end, JSON; nil where they do not.
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
