extension BatchReader {
    /// Where the batch stands.
    ///
    /// - Parameter seconds: how many of the newest run's seconds to read.
    package func status(seconds: Int = 60) throws(StoreError) -> StatusSummary {
        var summary = try storedStatus(seconds)
        guard summary.run?.status == .running else { return summary }
        let isLocked = WorkerLock.isHeld(try DatabasePath(path))
        if isLocked == false {
            // A run that ended between both looks has its end stored by now.
            let run = summary.run?.id
            summary = try storedStatus(seconds)
            guard summary.run?.id == run else { return summary }
        }
        summary.isLocked = isLocked
        return summary
    }

    private func storedStatus(_ seconds: Int) throws(StoreError) -> StatusSummary {
        let counts = try counts()
        return try read { (connection) throws(SQLiteFailure) in
            let run = try newestRun(connection)
            let tokens = try connection.prepare(
                """
                SELECT sum(prompt_tokens) FILTER (WHERE prompt_tokens BETWEEN 0 AND 1e12),
                    sum(completion_tokens) FILTER (WHERE completion_tokens BETWEEN 0 AND 1e12),
                    sum(billed_completion_tokens - coalesce(completion_tokens, 0)) FILTER (
                        WHERE billed_completion_tokens - coalesce(completion_tokens, 0) BETWEEN 0 AND 1e12),
                    sum(cost_usd) FILTER (WHERE cost_usd BETWEEN 0 AND 1e12),
                    count(*) FILTER (WHERE cost_usd IS NULL)
                FROM completions INDEXED BY completions_usage
                WHERE choice = 0
                """)
            _ = try tokens.step()
            var summary = StatusSummary(
                counts: counts, waiting: try waiting(connection), run: run,
                seconds: try run.map { (run) throws(SQLiteFailure) in
                    try self.seconds(of: run.id, limit: seconds, connection)
                } ?? [], promptTokens: tokens.int(0), completionTokens: tokens.int(1),
                costUSD: tokens.optionalMoney(3),
                wastedTokens: tokens.int(2))
            summary.unpriced = tokens.int(4)
            try addResuming(to: &summary, connection)
            return summary
        }
    }

    /// What SQLite's own check of the whole file finds wrong; empty for a sound one.
    ///
    /// Takes as long as reading it.
    package func integrityFaults() throws(StoreError) -> [String] {
        try read { (connection) throws(SQLiteFailure) in
            try connection.texts("PRAGMA integrity_check").filter { $0 != "ok" }
        }
    }

    private func newestRun(_ connection: borrowing Connection) throws(SQLiteFailure) -> RunRecord? {
        let rows = try connection.prepare(
            """
            SELECT run_id, started_ms, finished_ms, status, exit_code, command, version, host, pid, stop_reason
            FROM runs
            ORDER BY run_id DESC LIMIT 1
            """)
        return try rows.step() ? RunRecord(rows) : nil
    }

    private func waiting(_ connection: borrowing Connection) throws(SQLiteFailure) -> [StatusSummary.Waiting] {
        let rows = try connection.prepare(
            """
            SELECT error_kind, count(*), min(not_before_ms), provider FROM jobs INDEXED BY jobs_waiting
            WHERE not_before_ms IS NOT NULL
            GROUP BY provider, error_kind ORDER BY 2 DESC
            """)
        var waiting: [StatusSummary.Waiting] = []
        while try rows.step() {
            waiting.append(
                StatusSummary.Waiting(
                    provider: rows.text(3), errorKind: rows.optionalText(0), count: rows.int(1),
                    nextDueMilliseconds: rows.unixMilliseconds(2)))
        }
        return waiting
    }

    private func addResuming(
        to summary: inout StatusSummary, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        let attempts = try connection.prepare("SELECT sum(attempts), sum(kept_tokens) FROM resumed_attempts")
        if try attempts.step() { (summary.resumedAttempts, summary.savedTokens) = (attempts.int(0), attempts.int(1)) }
        let joined = try connection.prepare(
            """
            SELECT segments, count(*) FROM completions INDEXED BY completions_joined
            WHERE choice = 0 AND segments > 1 GROUP BY 1
            """)
        while try joined.step() { summary.joinedAnswers[joined.int(0)] = joined.int(1) }
    }

    private func seconds(
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
            seconds.append(
                RunSecond(
                    runID: runID, second: rows.unixSeconds(0), chunks: rows.int(1), outputTokens: rows.int(2),
                    completed: rows.int(3), failed: rows.int(4), running: rows.int(5), waiting: rows.int(6),
                    waits: rows.optionalText(7)))
        }
        return seconds.reversed()
    }
}
