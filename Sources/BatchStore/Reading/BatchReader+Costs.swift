package import BatchEngine
import LLMStreaming

extension BatchReader {
    /// What the jobs in scope have used up in all runs.
    ///
    /// What the provider took and did not report is estimated as it is while a run is on: half the bytes of the request
    /// for its input, and the pieces that came for its output. A stored cost that cannot be an amount is not known, and no
    /// count takes anything from the sum.
    ///
    /// - Parameter runID: a run whose own attempts are left out.
    package func spending(in scope: JobScope, without runID: Int64? = nil) throws(StoreError) -> Spending {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.provider, j.model, sum(a.cost_usd) FILTER (WHERE a.cost_usd BETWEEN 0 AND 1e12),
                    sum(tokens_in) FILTER (WHERE a.cost_usd IS NOT NULL),
                    sum(tokens_out) FILTER (WHERE a.cost_usd IS NOT NULL),
                    sum(tokens_in) FILTER (WHERE a.cost_usd IS NULL),
                    sum(tokens_out) FILTER (WHERE a.cost_usd IS NULL)
                FROM (
                    SELECT job_id, iif(cost_usd BETWEEN 0 AND 1e12, cost_usd, NULL) AS cost_usd,
                        iif(completion_tokens BETWEEN 0 AND 1e12, completion_tokens, 0) AS tokens_out,
                        max(0.0, coalesce(iif(prompt_tokens BETWEEN 0 AND 1e12, prompt_tokens, NULL), (
                            SELECT length(CAST(request AS BLOB)) / 2.0 FROM requests AS r WHERE r.job_id = attempts.job_id
                        ))) AS tokens_in
                    FROM attempts
                    WHERE (prompt_tokens IS NOT NULL OR completion_tokens > 0 OR chunk_count > 0) AND run_id IS NOT ?1
                ) AS a CROSS JOIN jobs AS j ON j.job_id = a.job_id
                WHERE \(JobScope.condition)
                GROUP BY 1, 2
                """)
            rows.bind(runID, at: 1)
            rows.bind(scope)
            var spending = Spending()
            while try rows.step() {
                spending.costUSD += rows.optionalMoney(2) ?? 0
                let known = (rows.optionalDouble(3) ?? 0) + (rows.optionalDouble(4) ?? 0)
                let unpriced = Spending.Unpriced(
                    model: ModelName(provider: rows.text(0), model: rows.text(1)),
                    inputTokens: rows.optionalDouble(5) ?? 0, outputTokens: rows.optionalDouble(6) ?? 0)
                spending.tokens += known + unpriced.inputTokens + unpriced.outputTokens
                if unpriced.inputTokens + unpriced.outputTokens > 0 { spending.unpriced.append(unpriced) }
            }
            return spending
        }
    }

    /// What the stored attempts cost by a table of prices, by model: a provider's own figure goes before it, and what was
    /// stored stays where the table has no price.
    ///
    /// Of the attempts that belong to one response the dearest counts.
    package func costs(by prices: PriceTable) throws(StoreError) -> BatchCosts {
        var costs = BatchCosts()
        var last: Int64 = 0
        while true {
            let page = try priced(by: prices, after: last)
            guard let end = page.last else { return costs }
            costs.add(page.responses)
            last = end
        }
    }

    /// The responses of the next jobs, each with its cost.
    private func priced(
        by prices: PriceTable, after last: Int64
    ) throws(StoreError) -> (responses: [BatchCosts.Response], last: Int64?) {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.job_id, j.provider, j.model, coalesce(a.response_id, 'attempt ' || a.attempt_id), a.cost_usd,
                    a.prompt_tokens, a.completion_tokens, c.usage, a.service_tier, c.job_id IS NOT NULL
                FROM (SELECT job_id, provider, model FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT 5000) AS j
                CROSS JOIN attempts AS a ON a.job_id = j.job_id
                LEFT JOIN completions AS c ON c.job_id = a.job_id AND c.choice = 0 AND c.attempt_id = a.attempt_id
                WHERE (a.prompt_tokens IS NOT NULL OR a.completion_tokens > 0 OR a.chunk_count > 0 OR c.job_id IS NOT NULL)
                    AND c.copied_from IS NULL
                ORDER BY j.job_id, a.number
                """)
            rows.bind(last, at: 1)
            var responses: [BatchCosts.Response] = []
            var places: [String: Int] = [:]
            while try rows.step() {
                let model = ModelName(provider: rows.text(1), model: rows.text(2))
                let tokens = (rows.optionalCount(5), rows.optionalCount(6))
                let usage = Self.usage(rows.optionalBytes(7), tokens)
                let cost = prices.cost(of: usage, in: model) ?? rows.optionalMoney(4)
                let response = BatchCosts.Response(
                    jobID: rows.integer(0), model: model, serviceTier: rows.optionalText(8), costUSD: cost,
                    cacheSavingUSD: usage.usage.flatMap { prices.cacheSaving(of: $0, in: model) },
                    isAnswer: rows.int(9) > 0)
                let key = "\(response.jobID) \(rows.text(3))"
                if let place = places[key] {
                    responses[place].add(response)
                } else {
                    places[key] = responses.count
                    responses.append(response)
                }
            }
            let end = try connection.prepare(
                "SELECT max(job_id) FROM (SELECT job_id FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT 5000)")
            end.bind(last, at: 1)
            return (responses, try end.step() ? end.optionalInteger(0) : nil)
        }
    }

    /// What a provider reported: as it came, else by the counts that were kept of it.
    private static func usage(_ raw: [UInt8]?, _ tokens: (prompt: Int?, completion: Int?)) -> StreamResult {
        var report = raw.flatMap { try? JSONParser.parse($0) }?.object ?? JSONObject()
        if report.isEmpty {
            report["prompt_tokens"] = tokens.prompt.map(JSON.int)
            report["completion_tokens"] = tokens.completion.map(JSON.int)
        }
        var result = StreamResult(outcome: .failed(LLMError(.cut, "")))
        result.usage = TokenUsage(raw: report)
        return result
    }
}
