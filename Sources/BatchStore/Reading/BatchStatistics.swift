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

        /// The quantiles of so many values, once `note` has been told each of them.
        init(count: Int = 0) { self.count = count }

        /// The quantiles of values, each with how often it occurs.
        init(_ values: some Collection<(key: Double, value: Int)>) {
            let sorted = values.sorted { $0.key < $1.key }.map { (value: $0.key, count: $0.value) }
            count = sorted.reduce(0) { $0.addingClamped($1.count) }
            let total = count
            func percentile(_ percent: Int) -> Double { Percentile(percent).value(of: sorted, total: total) ?? 0 }
            (p50, p90, p99) = (percentile(50), percentile(90), percentile(99))
        }

        /// Takes the next value of all in ascending order.
        ///
        /// - Parameter rank: how many there are up to it.
        mutating func note(_ value: Double, rank: Int) {
            func isFirst(_ percent: Int) -> Bool {
                let percentile = Percentile(percent)
                return percentile.isReached(by: rank, of: count) && !percentile.isReached(by: rank - 1, of: count)
            }
            if isFirst(50) { p50 = value }
            if isFirst(90) { p90 = value }
            if isFirst(99) { p99 = value }
        }
    }

    /// The answers of a model.
    package struct Model: Sendable {
        package var provider: String
        package var model: String
        /// Jobs that have an answer.
        package var completed: Int
        /// Those of them whose answer is another job's, which asked the same.
        package var copied: Int
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
    /// As `Model.firstToken`, over the answers of all models.
    package var firstToken = Quantiles()
    package var usage: [Usage] = []
    package var endpoints: [Endpoint] = []
    package var tiers: [Tier] = []
    package var faults: [Fault] = []
    package var resuming = Resuming()
    package var checks = Checks()
}

extension BatchReader {
    /// What the answers took, by model, and what went wrong.
    ///
    /// Reads every attempt and every answer once, range by range; no chunk. What has to be sorted goes to temporary files, so
    /// that memory does not grow with the answers.
    ///
    /// - Parameter pace: how the ranges are read.
    package func statistics(at pace: RangePace = RangePace()) async throws(StoreError) -> BatchStatistics {
        try await apart(at: pace) { (reader) async throws(StoreError) in try await reader.sumUp(at: pace) }
    }

    private func sumUp(at pace: RangePace) async throws(StoreError) -> BatchStatistics {
        try await inRanges { () async throws(StoreError) in
            var answers = try read { (connection) throws(SQLiteFailure) in try AnswerTimes(connection) }
            var endpoints = try read { (connection) throws(SQLiteFailure) in try EndpointSums(connection) }
            var sums = StatisticsSums()
            var checks = CheckSums()
            try await eachRange(at: pace) { (connection) throws(SQLiteFailure) in
                try answers.add(connection)
                try sums.add(connection)
                try endpoints.add(connection)
                try checks.add(connection)
            }
            var statistics = BatchStatistics()
            sums.tell(&statistics)
            statistics.checks = checks.total
            statistics.models = try read { (connection) throws(SQLiteFailure) in
                try answers.models(connection, gaps: sums.gaps)
            }
            statistics.endpoints = try read { (connection) throws(SQLiteFailure) in try endpoints.all(connection) }
            statistics.firstToken = try read { (connection) throws(SQLiteFailure) in try answers.firstToken(connection)
            }
            statistics.resuming.answers = answers.segments.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            return statistics
        }
    }
}
