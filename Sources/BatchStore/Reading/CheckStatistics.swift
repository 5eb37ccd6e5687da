import BatchEngine
import LLMStreaming

extension BatchStatistics {
    /// What checks of answers came to.
    package struct Checks: Sendable, Equatable {
        /// Answers that a check has judged, and of these the ones that it mended, and that were kept though they failed.
        package var checked = 0
        package var mended = 0
        package var failed = 0
        /// Answers that were not taken and that another attempt of the job followed.
        package var askedAgain = 0
        /// Answers whose stream was closed as soon as nothing could mend them.
        package var stoppedEarly = 0
        /// The output tokens that those are likely to have saved: an estimate, by the mean of the model's right answers.
        package var tokensNotPaid = 0

        /// Whether there is anything to tell.
        package var isAny: Bool { self != Checks() }
    }
}

/// What statistics sum of checks over the ranges of jobs.
///
/// Memory grows with the models, and with the different lengths of their answers that were stopped.
struct CheckSums {
    /// The right answers of a model whose length is known.
    private struct RightAnswers {
        var count = 0
        var tokens = 0
    }

    private var checks = BatchStatistics.Checks()
    private var right: [ModelName: RightAnswers] = [:]
    /// The tokens of the answers that were stopped, each with how often it occurs.
    private var stopped: [ModelName: [Int: Int]] = [:]

    /// Adds a range (`BatchReader.eachRange`).
    mutating func add(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try addAnswers(connection)
        try addRejected(connection)
    }

    /// What they come to.
    var total: BatchStatistics.Checks {
        var total = checks
        for (model, lengths) in stopped {
            guard let right = right[model], right.count > 0 else { continue }
            let mean = Double(right.tokens) / Double(right.count)
            for (tokens, count) in lengths {
                let saved = (max(0, mean - Double(tokens)) * Double(count)).rounded()
                total.tokensNotPaid = total.tokensNotPaid.addingClamped(Int(saved.clamped(to: 0...1e15)))
            }
        }
        return total
    }

    private mutating func addAnswers(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, c."check", c.completion_tokens
            FROM completions AS c CROSS JOIN jobs AS j USING (job_id)
            WHERE c.choice = 0 AND c."check" IS NOT NULL AND c.copied_from IS NULL
            """)
        while try rows.step() {
            checks.checked += 1
            let check: CompletionRecord.Check = rows.word(2, else: .failed)
            switch check {
            case .ok: break
            case .mended: checks.mended += 1
            case .failed: checks.failed += 1
            }
            guard check != .failed, let tokens = rows.optionalCount(3) else { continue }
            let model = ModelName(provider: rows.text(0), model: rows.text(1))
            right[model, default: RightAnswers()].count += 1
            right[model, default: RightAnswers()].tokens.addClamped(tokens)
        }
    }

    private mutating func addRejected(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, a.error_code IS 'stopped_early', a.completion_tokens,
                EXISTS (SELECT 1 FROM attempts AS b WHERE b.job_id = a.job_id AND b.number > a.number)
            FROM attempts AS a CROSS JOIN jobs AS j USING (job_id)
            WHERE a.error_kind IN ('invalid_answer', 'repetition')
            """)
        while try rows.step() {
            if rows.int(4) != 0 { checks.askedAgain += 1 }
            guard rows.int(2) != 0 else { continue }
            checks.stoppedEarly += 1
            let model = ModelName(provider: rows.text(0), model: rows.text(1))
            stopped[model, default: [:]][rows.optionalCount(3) ?? 0, default: 0] += 1
        }
    }
}

extension Int {
    fileprivate mutating func addClamped(_ other: Int) { self = addingClamped(other) }
}
