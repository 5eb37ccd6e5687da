import BatchEngine
import LLMStreaming

/// What statistics sum over the ranges of jobs: each reading of a view is of a range (`BatchReader.eachRange`).
struct StatisticsSums {
    private var usage: [RowKey: BatchStatistics.Usage] = [:]
    private var tiers: [RowKey: BatchStatistics.Tier] = [:]
    private var faults: [RowKey: BatchStatistics.Fault] = [:]
    /// Attempts that went on from kept text, by strategy.
    private var resumed: [String: Int] = [:]
    private var savedTokens = 0
    /// The times between pieces, in microseconds, of all attempts of a model, each with how often it occurs.
    private(set) var gaps: [ModelName: [Double: Int]] = [:]

    /// Adds a range.
    mutating func add(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try addUsage(connection)
        try addTiers(connection)
        try addFaults(connection)
        try addResumed(connection)
        try addGaps(connection)
    }

    /// Tells the sums, in the order in which SQLite would have them.
    func tell(_ statistics: inout BatchStatistics) {
        statistics.usage = usage.sorted { $0.key < $1.key }.map { $0.value }
        statistics.tiers = tiers.sorted { $0.key < $1.key }.map { $0.value }
        statistics.faults = faults.sorted { ($1.value.attempts, $0.key) < ($0.value.attempts, $1.key) }.map { $0.value }
        statistics.resuming.attempts = resumed.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
            ($0.key, $0.value)
        }
        statistics.resuming.savedTokens = savedTokens
        statistics.resuming.wastedTokens = usage.values.reduce(0) { sum, model in
            sum.addingClamped(max(0, model.billedCompletionTokens - model.completionTokens))
        }
    }

    private mutating func addUsage(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT provider, model, completed, tries, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
                billed_prompt_tokens, billed_completion_tokens, cost_usd, unpriced
            FROM usage_by_model
            """)
        while try rows.step() {
            let new = BatchStatistics.Usage(
                provider: rows.text(0), model: rows.text(1), completed: rows.int(2), attempts: rows.int(3),
                promptTokens: rows.int(4), completionTokens: rows.int(5), cachedTokens: rows.int(6),
                reasoningTokens: rows.int(7), billedPromptTokens: rows.int(8), billedCompletionTokens: rows.int(9),
                costUSD: rows.optionalMoney(10), unpriced: rows.int(11))
            let key = RowKey(new.provider, new.model)
            guard usage[key] != nil else {
                usage[key] = new
                continue
            }
            usage[key]?.add(new)
        }
        // What stands for the ends that jobs took of others asked nobody.
        let taken = try connection.prepare(
            """
            SELECT j.provider, j.model, count(*) FROM attempts AS a CROSS JOIN jobs AS j USING (job_id)
            WHERE a.resume_strategy IS NULL AND a.resume_reason IS NOT NULL AND a.status <> 'running'
            GROUP BY 1, 2
            """)
        while try taken.step() {
            let key = RowKey(taken.text(0), taken.text(1))
            if let usage = usage[key] { self.usage[key]?.attempts = max(0, usage.attempts - taken.int(2)) }
        }
    }

    private mutating func addTiers(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT provider, model, service_tier, responses, prompt_tokens, completion_tokens, cost_usd, unpriced
            FROM usage_by_tier
            """)
        while try rows.step() {
            let new = BatchStatistics.Tier(
                provider: rows.text(0), model: rows.text(1), serviceTier: rows.optionalText(2),
                responses: rows.int(3), promptTokens: rows.int(4), completionTokens: rows.int(5),
                costUSD: rows.optionalMoney(6), unpriced: rows.int(7))
            let key = RowKey(new.provider, new.model, new.serviceTier)
            guard tiers[key] != nil else {
                tiers[key] = new
                continue
            }
            tiers[key]?.add(new)
        }
    }

    private mutating func addFaults(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare("SELECT error_kind, http_status, tries, jobs, example FROM errors_by_kind")
        while try rows.step() {
            let new = BatchStatistics.Fault(
                kind: rows.text(0), httpStatus: rows.optionalInt(1), attempts: rows.int(2), jobs: rows.int(3),
                example: rows.optionalText(4))
            let key = RowKey(new.kind, new.httpStatus.map(Self.digits))
            guard faults[key] != nil else {
                faults[key] = new
                continue
            }
            faults[key]?.add(new)
        }
    }

    /// A status so that those of one sign are ordered as numbers are.
    private static func digits(_ status: Int) -> String {
        let text = String(status.magnitude)
        return (status < 0 ? "-" : "0") + String(repeating: "0", count: max(0, 20 - text.count)) + text
    }

    private mutating func addResumed(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare("SELECT strategy, attempts, kept_tokens FROM resumed_attempts")
        while try rows.step() {
            let strategy = rows.text(0)
            resumed[strategy] = (resumed[strategy] ?? 0).addingClamped(rows.int(1))
            savedTokens = savedTokens.addingClamped(rows.int(2))
        }
    }

    private mutating func addGaps(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, a.gaps FROM attempts AS a CROSS JOIN jobs AS j USING (job_id)
            WHERE a.gaps IS NOT NULL
            """)
        while try rows.step() {
            let model = ModelName(provider: rows.text(0), model: rows.text(1))
            for bucket in (try? JSONParser.parse(rows.bytes(2)))?.object?.members ?? [] {
                guard let value = Double(bucket.key), value.isFinite, case .number(let text) = bucket.value,
                    let count = Int(text), count > 0, NumberGate.counts.contains(count)
                else { continue }
                let sum = gaps[model]?[value] ?? 0
                gaps[model, default: [:]][value] = sum.addingClamped(count).clamped(to: NumberGate.sums)
            }
        }
    }
}

extension BatchStatistics.Usage {
    fileprivate mutating func add(_ other: Self) {
        for path in [
            \.completed, \.attempts, \.promptTokens, \.completionTokens, \.cachedTokens, \.reasoningTokens,
            \.billedPromptTokens, \.billedCompletionTokens, \.unpriced,
        ] as [WritableKeyPath<Self, Int>] {
            self[keyPath: path] = self[keyPath: path].addingClamped(other[keyPath: path])
        }
        costUSD = sum(costUSD, other.costUSD)
    }
}

extension BatchStatistics.Tier {
    fileprivate mutating func add(_ other: Self) {
        for path in [\.responses, \.promptTokens, \.completionTokens, \.unpriced] as [WritableKeyPath<Self, Int>] {
            self[keyPath: path] = self[keyPath: path].addingClamped(other[keyPath: path])
        }
        costUSD = sum(costUSD, other.costUSD)
    }
}

extension BatchStatistics.Fault {
    fileprivate mutating func add(_ other: Self) {
        attempts = attempts.addingClamped(other.attempts)
        jobs = jobs.addingClamped(other.jobs)
        if RowKey(example) < RowKey(other.example) { example = other.example }
    }
}

/// The sum of amounts that may not be known; nil where neither is.
private func sum(_ one: Double?, _ other: Double?) -> Double? {
    guard let one, let other else { return one ?? other }
    return one + other
}
