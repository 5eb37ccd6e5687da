/// The figures of one level of a load test, from the records of its requests: Contract, "Bench".
package struct LevelFigures: Sendable {
    /// The load of the level.
    package let load: LevelLoad
    package let records: [RequestRecord]
    package let serviceLevel: ServiceLevel?
    package let cost: ClientCost
    /// From the level's start to its last end, in seconds.
    package let duration: Double
    package let window: SteadyWindow?
    /// In seconds, as are all distributions here; of completed requests.
    package let timeToFirstToken: Distribution
    package let timeToFirstTokenFromSchedule: Distribution
    package let timePerOutputToken: Distribution
    package let gaps: Distribution
    package let endToEnd: Distribution
    package let endToEndFromSchedule: Distribution
    /// How late requests were sent, with failed ones.
    package let dispatchDelay: Distribution

    /// The figures of a level whose requests have ended.
    package init(
        _ load: LevelLoad, records: [RequestRecord], serviceLevel: ServiceLevel?, cost: ClientCost
    ) {
        self.load = load
        self.records = records
        self.serviceLevel = serviceLevel
        self.cost = cost
        duration = records.map(\.times.end).max() ?? 0
        // At a rate the bound is a maximum that need not be reached.
        window = SteadyWindow(records, concurrency: load.rate == nil ? load.concurrency : nil)
        let completed = records.filter(\.isCompleted)
        timeToFirstToken = Distribution(completed.compactMap(\.times.timeToFirstToken))
        timeToFirstTokenFromSchedule = Distribution(completed.compactMap(\.times.timeToFirstTokenFromSchedule))
        timePerOutputToken = Distribution(completed.compactMap(\.timePerOutputToken))
        var gaps = Distribution()
        for record in completed { for gap in record.times.gaps { gaps.add(gap) } }
        self.gaps = gaps
        endToEnd = Distribution(completed.map(\.times.endToEnd))
        endToEndFromSchedule = Distribution(completed.map(\.times.endToEndFromSchedule))
        dispatchDelay = Distribution(records.map(\.times.dispatchDelay))
    }

    package var completed: Int { records.count(where: \.isCompleted) }
    package var failed: Int { records.count - completed }
    package var inputTokens: Int { records.filter(\.isCompleted).compactMap(\.inputTokens).reduce(0, +) }
    package var outputTokens: Int { records.filter(\.isCompleted).map(\.outputTokens).reduce(0, +) }
    package var requestsPerSecond: Double { perSecond(Double(completed)) }
    package var outputTokensPerSecond: Double { perSecond(Double(outputTokens)) }
    package var totalTokensPerSecond: Double { perSecond(Double(inputTokens + outputTokens)) }

    private func perSecond(_ count: Double) -> Double { duration > 0 ? count / duration : 0 }

    /// Requests that met the service level.
    package var good: Int? { serviceLevel.map { level in records.count(where: level.isKept(by:)) } }
    /// Their share of all requests, with failed ones.
    package var goodShare: Double? {
        good.map { records.isEmpty ? 0 : Double($0) / Double(records.count) }
    }
    /// Requests a second that met the service level.
    package var goodput: Double? { good.map { perSecond(Double($0)) } }

    /// Errors by their kind, the most frequent first.
    package var errors: [(kind: String, count: Int)] {
        var counts: [String: Int] = [:]
        for record in records { if let kind = record.errorKind { counts[kind, default: 0] += 1 } }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (kind: $0.key, count: $0.value) }
    }

    /// How tokens were counted: by reports, by chunks, or both.
    package var tokenSources: Set<RequestRecord.TokenSource> {
        Set(records.filter(\.isCompleted).map(\.tokenSource))
    }

    /// Requests a second that ended in the steady window; nil without one.
    package var steadyRequestsPerSecond: Double? {
        window.map { window in
            Double(records.count { $0.isCompleted && window.contains($0.times.end) }) / window.seconds
        }
    }

    /// Output tokens a second in the steady window: those of a request are spread evenly over its chunks.
    package var steadyOutputTokensPerSecond: Double? {
        window.map { window in
            records.filter(\.isCompleted).map { record in
                let contents = record.times.contents
                guard !contents.isEmpty else { return 0 }
                return Double(record.outputTokens) * Double(contents.count(where: window.contains))
                    / Double(contents.count)
            }.reduce(0, +) / window.seconds
        }
    }

    /// Why the figures may be the client's and not the server's; empty where they are the server's.
    package var clientLimits: [String] {
        var limits: [String] = []
        if cost.coreShare > ClientCost.greatestCoreShare {
            limits.append("it used \(Int((cost.coreShare * 100).rounded())) % of a core")
        }
        if let delay = dispatchDelay.percentile(95), let first = timeToFirstToken.percentile(50),
            delay > ClientCost.greatestDispatchShare * first
        {
            limits.append("requests were sent late (p95 \(Figure.milliseconds(delay)) ms after they were due)")
        }
        return limits
    }

    /// How many requests were open at once at most.
    package var maximumConcurrency: Int { Self.maximumConcurrency(of: records) }

    /// How many of these requests were open at once at most.
    package static func maximumConcurrency(of records: [RequestRecord]) -> Int {
        var changes = records.map { (time: $0.times.sent, step: 1) } + records.map { (time: $0.times.end, step: -1) }
        // One that ends when another is sent makes room for it.
        changes.sort { ($0.time, $0.step) < ($1.time, $1.step) }
        var open = 0
        var maximum = 0
        for change in changes {
            open += change.step
            maximum = max(maximum, open)
        }
        return maximum
    }
}

/// The load of one level of a test.
package struct LevelLoad: Sendable, Equatable {
    /// The most requests open at once; nil for no bound.
    package var concurrency: Int?
    /// Requests a second; nil where the next is sent as soon as one has ended.
    package var rate: Double?
    package var spacing: Arrivals.Spacing

    package init(concurrency: Int?, rate: Double? = nil, spacing: Arrivals.Spacing = .constant) {
        self.concurrency = concurrency
        self.rate = rate
        self.spacing = spacing
    }

    /// In words.
    package var text: String {
        let bound = concurrency.map { "\($0) open at once" }
        guard let rate else { return bound ?? "no bound" }
        let spacing = spacing == .poisson ? "Poisson" : "constant"
        return "\(Figure.short(rate)) requests/s (\(spacing))" + (bound.map { ", at most \($0)" } ?? "")
    }
}
