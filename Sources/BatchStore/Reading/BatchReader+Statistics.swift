import LLMStreaming

extension BatchReader {
    /// What the answers took, by model, and what went wrong.
    ///
    /// Reads every attempt once; no chunk.
    package func statistics() throws(StoreError) -> BatchStatistics {
        try read { (connection) throws(SQLiteFailure) in
            var statistics = BatchStatistics()
            statistics.models = try models(connection)
            statistics.usage = try usage(connection)
            statistics.tiers = try tiers(connection)
            statistics.faults = try faults(connection)
            statistics.resuming = try resuming(connection)
            return statistics
        }
    }

    private func models(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Model] {
        var gaps = try self.gaps(connection)
        let ends = try finishReasons(connection)
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, c.ttft_us, c.duration_us, c.completion_tokens
            FROM completions AS c JOIN jobs AS j USING (job_id)
            WHERE c.choice = 0
            ORDER BY 1, 2
            """)
        var models: [BatchStatistics.Model] = []
        var times = AnswerTimes()
        var name: [String] = []
        func close() {
            guard times.count > 0 else { return }
            models.append(
                BatchStatistics.Model(
                    provider: name[0], model: name[1], completed: times.count,
                    firstToken: BatchStatistics.Quantiles(times.firstToken),
                    gaps: BatchStatistics.Quantiles(gaps.removeValue(forKey: name) ?? []),
                    duration: BatchStatistics.Quantiles(times.duration),
                    tokensPerSecond: BatchStatistics.Quantiles(times.tokensPerSecond),
                    finishReasons: ends[name] ?? [:]))
            times = AnswerTimes()
        }
        while try rows.step() {
            let next = [rows.text(0), rows.text(1)]
            if next != name {
                close()
                name = next
            }
            times.add(
                firstToken: rows.optionalMicroseconds(2), duration: rows.optionalMicroseconds(3),
                tokens: rows.optionalCount(4))
        }
        close()
        return models
    }

    /// How the answers of each provider's model ended.
    private func finishReasons(
        _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [[String]: [FinishReason: Int]] {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, c.finish_reason, count(*) FROM completions AS c JOIN jobs AS j USING (job_id)
            GROUP BY 1, 2, 3
            """)
        var ends: [[String]: [FinishReason: Int]] = [:]
        while try rows.step() {
            // The CHECK constraint allows no other word.
            let reason = FinishReason(rawValue: rows.text(2)) ?? .unknown
            ends[[rows.text(0), rows.text(1)], default: [:]][reason] = rows.int(3)
        }
        return ends
    }

    /// The times between pieces, in microseconds, of all attempts of a provider's model.
    private func gaps(
        _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [[String]: [(value: Double, count: Int)]] {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, g.key, sum(g.value)
            FROM attempts AS a JOIN jobs AS j USING (job_id) JOIN json_each(iif(json_valid(a.gaps), a.gaps, '{}')) AS g
            WHERE g.type = 'integer' AND g.value BETWEEN 1 AND 1e12
            GROUP BY 1, 2, 3
            """)
        var gaps: [[String]: [(value: Double, count: Int)]] = [:]
        while try rows.step() {
            guard let value = Double(rows.text(2)), value.isFinite else { continue }
            gaps[[rows.text(0), rows.text(1)], default: []].append((value, rows.int(3)))
        }
        return gaps
    }

    private func usage(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Usage] {
        let rows = try connection.prepare(
            """
            SELECT provider, model, completed, tries, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
                billed_prompt_tokens, billed_completion_tokens, cost_usd, unpriced
            FROM usage_by_model ORDER BY 1, 2
            """)
        var usage: [BatchStatistics.Usage] = []
        while try rows.step() {
            usage.append(
                BatchStatistics.Usage(
                    provider: rows.text(0), model: rows.text(1), completed: rows.int(2), tries: rows.int(3),
                    promptTokens: rows.int(4), completionTokens: rows.int(5), cachedTokens: rows.int(6),
                    reasoningTokens: rows.int(7), billedPromptTokens: rows.int(8), billedCompletionTokens: rows.int(9),
                    costUSD: rows.optionalMoney(10), unpriced: rows.int(11)))
        }
        return usage
    }

    private func tiers(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Tier] {
        let rows = try connection.prepare(
            """
            SELECT provider, model, service_tier, responses, prompt_tokens, completion_tokens, cost_usd, unpriced
            FROM usage_by_tier ORDER BY 1, 2, 3
            """)
        var tiers: [BatchStatistics.Tier] = []
        while try rows.step() {
            tiers.append(
                BatchStatistics.Tier(
                    provider: rows.text(0), model: rows.text(1), serviceTier: rows.optionalText(2),
                    responses: rows.int(3), promptTokens: rows.int(4), completionTokens: rows.int(5),
                    costUSD: rows.optionalMoney(6), unpriced: rows.int(7)))
        }
        return tiers
    }

    private func faults(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Fault] {
        let rows = try connection.prepare(
            "SELECT error_kind, http_status, tries, jobs, example FROM errors_by_kind ORDER BY tries DESC, 1, 2")
        var faults: [BatchStatistics.Fault] = []
        while try rows.step() {
            faults.append(
                BatchStatistics.Fault(
                    kind: rows.text(0), httpStatus: rows.optionalInt(1), tries: rows.int(2), jobs: rows.int(3),
                    example: rows.optionalText(4)))
        }
        return faults
    }

    private func resuming(_ connection: borrowing Connection) throws(SQLiteFailure) -> BatchStatistics.Resuming {
        var resuming = BatchStatistics.Resuming()
        let strategies = try connection.prepare(
            "SELECT strategy, attempts, kept_tokens FROM resumed_attempts ORDER BY 2 DESC, 1")
        while try strategies.step() {
            resuming.attempts.append((strategies.text(0), strategies.int(1)))
            resuming.savedTokens += strategies.int(2)
        }
        let answers = try connection.prepare(
            "SELECT segments, count(*) FROM completions WHERE choice = 0 GROUP BY 1 ORDER BY 1")
        while try answers.step() { resuming.answers.append((answers.int(0), answers.int(1))) }
        let wasted = try connection.prepare(
            """
            SELECT coalesce(sum(max(0, coalesce(billed_completion_tokens, 0) - coalesce(completion_tokens, 0))), 0)
            FROM usage_by_model
            """)
        if try wasted.step() { resuming.wastedTokens = wasted.int(0) }
        return resuming
    }
}

/// The times of a model's answers, in microseconds, while they are gathered.
private struct AnswerTimes {
    var count = 0
    var firstToken: [(value: Double, count: Int)] = []
    var duration: [(value: Double, count: Int)] = []
    var tokensPerSecond: [(value: Double, count: Int)] = []

    mutating func add(firstToken: Int64?, duration: Int64?, tokens: Int?) {
        count += 1
        if let firstToken { self.firstToken.append((Double(firstToken), 1)) }
        if let duration { self.duration.append((Double(duration), 1)) }
        if let firstToken, let duration, let tokens, duration > firstToken {
            tokensPerSecond.append((1e6 * Double(tokens) / Double(duration - firstToken), 1))
        }
    }
}
