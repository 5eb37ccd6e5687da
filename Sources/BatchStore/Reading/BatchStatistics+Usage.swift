extension BatchStatistics {
    /// What a model's answers hold and what was likely billed for them.
    package struct Usage: Sendable {
        package var provider: String
        package var model: String
        package var completed: Int
        package var attempts: Int
        package var promptTokens: Int
        package var completionTokens: Int
        package var cachedTokens: Int
        package var reasoningTokens: Int
        package var billedPromptTokens: Int
        package var billedCompletionTokens: Int
        /// Nil where no price is known.
        package var costUSD: Double?
        /// Answers whose cost is not known: no sum of costs holds them.
        package var unpriced = 0
    }

    /// What a service tier of a model served: tokens and cost over all responses, of which some have no price.
    package struct Tier: Sendable {
        package var provider: String
        package var model: String
        /// In the provider's word; nil where it did not say.
        package var serviceTier: String?
        package var responses: Int
        package var promptTokens: Int
        package var completionTokens: Int
        package var costUSD: Double?
        /// Responses whose cost is not known.
        package var unpriced: Int
    }

    /// Attempts that went wrong, by kind.
    package struct Fault: Sendable {
        package var kind: String
        package var httpStatus: Int?
        package var attempts: Int
        package var jobs: Int
        package var example: String?
    }

    /// What going on from partial output came to.
    package struct Resuming: Sendable {
        /// Attempts that went on, by strategy.
        package var attempts: [(strategy: String, count: Int)] = []
        /// Whole answers by the number of pieces that they are joined from.
        package var answers: [(segments: Int, count: Int)] = []
        /// Output tokens that interrupted answers had when an attempt went on from them, and that were not paid again.
        package var savedTokens = 0
        /// Output tokens that were likely billed and are in no answer.
        package var wastedTokens = 0
    }
}

extension BatchReader {
    /// Tokens and cost by model.
    func usage(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Usage] {
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
                    provider: rows.text(0), model: rows.text(1), completed: rows.int(2), attempts: rows.int(3),
                    promptTokens: rows.int(4), completionTokens: rows.int(5), cachedTokens: rows.int(6),
                    reasoningTokens: rows.int(7), billedPromptTokens: rows.int(8), billedCompletionTokens: rows.int(9),
                    costUSD: rows.optionalMoney(10), unpriced: rows.int(11)))
        }
        return usage
    }

    /// Tokens and cost by model and service tier.
    func tiers(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Tier] {
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

    /// What went wrong, the most frequent first.
    func faults(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Fault] {
        let rows = try connection.prepare(
            "SELECT error_kind, http_status, tries, jobs, example FROM errors_by_kind ORDER BY tries DESC, 1, 2")
        var faults: [BatchStatistics.Fault] = []
        while try rows.step() {
            faults.append(
                BatchStatistics.Fault(
                    kind: rows.text(0), httpStatus: rows.optionalInt(1), attempts: rows.int(2), jobs: rows.int(3),
                    example: rows.optionalText(4)))
        }
        return faults
    }

    /// What going on from partial output came to, by strategy.
    func resuming(_ connection: borrowing Connection) throws(SQLiteFailure) -> BatchStatistics.Resuming {
        var resuming = BatchStatistics.Resuming()
        let strategies = try connection.prepare(
            "SELECT strategy, attempts, kept_tokens FROM resumed_attempts ORDER BY 2 DESC, 1")
        while try strategies.step() {
            resuming.attempts.append((strategies.text(0), strategies.int(1)))
            resuming.savedTokens += strategies.int(2)
        }
        return resuming
    }
}
