/// Where a batch stands: what the command `status` shows.
package struct StatusSummary: Sendable, Equatable {
    /// Jobs of a provider that wait for another attempt for the same reason.
    package struct Waiting: Sendable, Equatable {
        package var provider: String
        /// Why: the kind of their last error.
        package var errorKind: String?
        package var count: Int
        /// When the first of them is due, in Unix milliseconds.
        package var nextDueMilliseconds: Int64
    }

    package var counts: JobCounts
    package var waiting: [Waiting]
    /// The newest run; nil before the first.
    package var run: RunRecord?
    /// Its newest seconds, the newest last.
    package var seconds: [RunSecond]
    /// Whether a worker holds the database's lock; nil where that cannot be known.
    package var isLocked: Bool?
    /// The tokens of completed answers.
    package var promptTokens: Int
    package var completionTokens: Int
    /// What completed answers cost in US dollars, as far as that is known; nil where it is known of no answer.
    package var costUSD: Double?
    /// Answers whose cost is not known.
    package var unpriced = 0
    /// Output tokens that were likely billed for completed answers and are not in them.
    package var wastedTokens = 0
    /// Attempts that went on from kept text, and the output tokens that they did not make again.
    package var resumedAttempts = 0
    package var savedTokens = 0
    /// Answers that are joined from pieces, by the number of pieces.
    package var joinedAnswers: [Int: Int] = [:]

    /// The state of the newest run.
    package enum Worker: Sendable, Equatable {
        /// No run is under way.
        case none
        case working
        /// Its process lives and has written nothing for this long.
        case frozen(for: Duration)
        /// Its process died without an end.
        case dead

        /// Whether there is a process that may go on.
        package var isAlive: Bool {
            switch self {
            case .none, .dead: false
            case .working, .frozen: true
            }
        }
    }

    /// How long a worker may write no second until it counts as frozen.
    private static let frozenAfter = Duration.seconds(15)

    /// The state of the newest run, at a time in Unix milliseconds.
    package func worker(at now: Int64) -> Worker {
        guard let run, run.status == .running else { return .none }
        if isLocked == false { return .dead }
        let newest = max(run.startedMilliseconds, seconds.last.map { $0.second * 1000 } ?? 0)
        let silence = Duration.milliseconds(max(0, now - newest))
        return silence < Self.frozenAfter ? .working : .frozen(for: silence)
    }
}

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

    /// What is stored, without a look at whether its worker lives.
    func storedStatus(_ seconds: Int) throws(StoreError) -> StatusSummary {
        let counts = try counts()
        return try read { (connection) throws(SQLiteFailure) in
            let run = try newestRun(connection)
            let tokens = try connection.prepare(
                """
                SELECT sum(prompt_tokens) FILTER (WHERE prompt_tokens BETWEEN 0 AND 1e12 AND NOT \(Self.isFree)),
                    sum(completion_tokens) FILTER (
                        WHERE completion_tokens BETWEEN 0 AND 1e12 AND NOT \(Self.isFree)),
                    sum(billed_completion_tokens - coalesce(completion_tokens, 0)) FILTER (
                        WHERE billed_completion_tokens - coalesce(completion_tokens, 0) BETWEEN 0 AND 1e12),
                    sum(cost_usd) FILTER (WHERE cost_usd BETWEEN 0 AND 1e12),
                    count(*) FILTER (WHERE cost_usd IS NULL)
                FROM main.completions INDEXED BY completions_usage
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

    /// Whether an answer has tokens and none of them were billed: then it is another job's.
    ///
    /// The index tells no more. One whose job had paid for attempts of its own before is taken for its own.
    private static let isFree: SQL = "(coalesce(billed_completion_tokens, 1) = 0 AND completion_tokens > 0)"

    private func waiting(_ connection: borrowing Connection) throws(SQLiteFailure) -> [StatusSummary.Waiting] {
        let rows = try connection.prepare(
            """
            SELECT error_kind, count(*), min(not_before_ms), provider FROM main.jobs INDEXED BY jobs_waiting
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
            SELECT segments, count(*) FROM main.completions INDEXED BY completions_joined
            WHERE choice = 0 AND segments > 1 GROUP BY 1
            """)
        while try joined.step() { summary.joinedAnswers[joined.int(0)] = joined.int(1) }
    }
}
