/// A row of `runs`.
package struct RunRecord: Sendable, Equatable {
    package var id: Int64
    package var startedMilliseconds: Int64
    /// Nil while it runs, and where its process died.
    package var finishedMilliseconds: Int64?
    package var status: RunStatus
    package var exitCode: Int?
    package var command: String
    package var version: String
    package var host: String
    package var pid: Int
    /// Why it stopped with work left, in words.
    package var stopReason: String?
    /// Its share of the rates as it was typed; nil for all of them.
    package var share: String?
    /// How its endpoints stood when they were last looked at, JSON; nil where it had none.
    package var endpoints: String?

    /// Runs, each with the columns that `init` reads.
    static let query: SQL = """
        SELECT run_id, started_ms, finished_ms, status, exit_code, command, version, host, pid, stop_reason,
            nullif(options ->> '$.share', 'none'), endpoints
        FROM runs
        """

    /// Reads a row of `query`.
    init(_ row: borrowing Statement) {
        id = row.integer(0)
        startedMilliseconds = row.unixMilliseconds(1)
        finishedMilliseconds = row.optionalUnixMilliseconds(2)
        status = row.word(3, else: .interrupted)
        exitCode = row.optionalInt(4)
        command = row.text(5)
        version = row.text(6)
        host = row.text(7)
        pid = row.int(8)
        stopReason = row.optionalText(9)
        share = row.optionalText(10)
        endpoints = row.optionalText(11)
    }
}

/// The states of a run, as in the CHECK constraint of the table `runs` (The database, "Tables").
package enum RunStatus: String, Sendable, CaseIterable {
    case running, finished, interrupted
}

extension BatchReader {
    /// The newest run of this database itself is the first: one that was taken from a shared folder is another machine's,
    /// and is newer where a run ended before it began.
    static let ownNewestFirst: SQL = """
        iif(json_valid(options), options ->> '$.sharing.taken' IS NOT NULL, 0), run_id DESC
        """

    /// The options of the newest run, JSON; nil before the first.
    package func newestOptions() throws(StoreError) -> String? {
        try read { (connection) throws(SQLiteFailure) in
            try connection.texts("SELECT options FROM runs ORDER BY \(Self.ownNewestFirst) LIMIT 1").first
        }
    }

    /// The run that began last; nil before the first.
    func newestRun(_ connection: borrowing Connection) throws(SQLiteFailure) -> RunRecord? {
        let rows = try connection.prepare("\(RunRecord.query) ORDER BY run_id DESC LIMIT 1")
        return try rows.step() ? RunRecord(rows) : nil
    }

    /// The newest seconds of a run, the newest last.
    func seconds(
        of runID: Int64, limit: Int, _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [RunSecond] {
        let rows = try connection.prepare(
            """
            SELECT second, chunks, output_tokens, completed, failed, running, waiting, waits FROM run_seconds
            WHERE run_id = ?1
            ORDER BY second DESC LIMIT ?2
            """)
        rows.bind(runID, at: 1)
        rows.bind(limit, at: 2)
        var seconds: [RunSecond] = []
        while try rows.step() {
            seconds.append(RunSecond(rows, ofRun: runID))
        }
        return seconds.reversed()
    }

    /// The options of a run, JSON; nil where there is no such run.
    package func options(ofRun runID: Int64) throws(StoreError) -> String? {
        try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare("SELECT options FROM runs WHERE run_id = ?1")
            row.bind(runID, at: 1)
            return try row.step() ? row.text(0) : nil
        }
    }
}

extension RunSecond {
    /// Reads a row of `second, chunks, output_tokens, completed, failed, running, waiting, waits`.
    init(_ row: borrowing Statement, ofRun runID: Int64) {
        self.init(
            runID: runID, second: row.unixSeconds(0), chunks: row.int(1), outputTokens: row.int(2),
            completed: row.int(3), failed: row.int(4), running: row.int(5), waiting: row.int(6),
            waits: row.optionalText(7))
    }
}
