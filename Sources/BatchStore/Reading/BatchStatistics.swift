package import LLMStreaming

/// What the answers of a batch took: `stats` (Contract, "Commands").
package struct BatchStatistics: Sendable {
    /// Percentiles of a kind of value.
    package struct Quantiles: Sendable, Equatable {
        /// How many values there are.
        package var count = 0
        package var p50 = 0.0
        package var p90 = 0.0
        package var p99 = 0.0

        /// The quantiles of values, each with how often it occurs.
        init(_ values: [(value: Double, count: Int)]) {
            let sorted = values.sorted { $0.value < $1.value }
            count = sorted.reduce(0) { $0.addingClamped($1.count) }
            let total = count
            func percentile(_ percent: Int) -> Double { Percentile(percent).value(of: sorted, total: total) ?? 0 }
            (p50, p90, p99) = (percentile(50), percentile(90), percentile(99))
        }
    }

    /// The answers of a model.
    package struct Model: Sendable {
        package var provider: String
        package var model: String
        /// Jobs that have an answer.
        package var completed: Int
        /// From the attempt's start to its first content, in microseconds; of the job's first attempt with content.
        package var firstToken: Quantiles
        /// Between two reads that brought content, in microseconds; a bucket of the histogram is 19 % wide.
        package var gaps: Quantiles
        /// The sum of the job's attempts, in microseconds.
        package var duration: Quantiles
        /// Output tokens a second of streaming.
        package var tokensPerSecond: Quantiles
        /// How the answers ended, each choice for itself.
        package var finishReasons: [FinishReason: Int]
    }

    package var models: [Model] = []
    package var usage: [Usage] = []
    package var tiers: [Tier] = []
    package var faults: [Fault] = []
    package var resuming = Resuming()
}

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
            let reason: FinishReason = rows.word(2, else: .unknown)
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
