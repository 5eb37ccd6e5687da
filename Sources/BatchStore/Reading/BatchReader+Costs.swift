package import BatchEngine

extension BatchReader {
    /// What the jobs in scope have used up in all runs.
    ///
    /// What the provider took and did not report is estimated as it is while a run is on: half the bytes of the request
    /// for its input, and the pieces that came for its output. A stored cost that is no amount is none, and no count takes
    /// anything from the sum.
    package func spending(in scope: JobScope) throws(StoreError) -> Spending {
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
                    WHERE prompt_tokens IS NOT NULL OR completion_tokens > 0 OR chunk_count > 0
                ) AS a CROSS JOIN jobs AS j ON j.job_id = a.job_id
                WHERE (?4 = 0
                    OR ?4 = 1 AND j.source IN (SELECT value FROM json_each(?5)) AND j.line IS NOT NULL
                    OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
                GROUP BY 1, 2
                """)
            rows.bind(scope, at: 4)
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
}
