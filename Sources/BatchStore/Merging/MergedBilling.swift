/// What an answer is likely billed as, where attempts of another database came to it.
enum MergedBilling {
    /// Sums the attempts of such jobs anew, with those whose answer is not kept: they were paid too.
    static func renew(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let answers = try connection.prepare(
            """
            SELECT c.job_id, c.attempt_id, c.prompt_tokens FROM temp.rejoined AS t
            CROSS JOIN main.completions AS c ON c.job_id = t.job_id AND c.choice = 0
            """)
        let attempts = try connection.prepare(AttemptTotals.query)
        let estimate = try connection.prepare(AttemptTotals.estimate)
        let update = try connection.prepare(
            """
            UPDATE main.completions SET
                billed_prompt_tokens = coalesce(?2, iif(copied_from IS NULL, NULL, 0)),
                billed_completion_tokens = coalesce(?3, iif(copied_from IS NULL, NULL, 0)),
                cost_usd = coalesce(?4, iif(copied_from IS NULL, NULL, 0.0))
            WHERE job_id = ?1
            """)
        while try answers.step() {
            let totals = try AttemptTotals(
                of: answers.integer(0), answeredBy: answers.integer(1), attempts,
                ownPrompt: answers.optionalCount(2))
            for (attemptID, tokens) in totals.estimatedPrompts {
                estimate.bind(attemptID, at: 1)
                estimate.bind(tokens, at: 2)
                try estimate.run()
            }
            update.bind(answers.integer(0), at: 1)
            update.bind(totals.billedPromptTokens, at: 2)
            update.bind(totals.billedCompletionTokens, at: 3)
            update.bind(totals.costUSD, at: 4)
            try update.run()
        }
    }
}
