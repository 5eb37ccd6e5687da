extension BatchReader {
    /// What the jobs in scope have used up in all runs: their cost in US dollars, as far as it is known, and tokens.
    package func spending(in scope: JobScope) throws(StoreError) -> (costUSD: Double, tokens: Double) {
        try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare(
                """
                SELECT coalesce(sum(a.cost_usd), 0),
                    coalesce(sum(coalesce(a.prompt_tokens, 0) + coalesce(a.completion_tokens, 0)), 0)
                FROM attempts AS a CROSS JOIN jobs AS j ON j.job_id = a.job_id
                WHERE (?4 = 0
                    OR ?4 = 1 AND j.source IN (SELECT value FROM json_each(?5)) AND j.line IS NOT NULL
                    OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
                """)
            row.bind(scope, at: 4)
            guard try row.step() else { return (0, 0) }
            return (row.optionalDouble(0) ?? 0, row.optionalDouble(1) ?? 0)
        }
    }
}
