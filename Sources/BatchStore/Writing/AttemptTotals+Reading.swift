import BatchEngine
import LLMStreaming

/// The totals of a stored job.
extension AttemptTotals {
    /// ?1 the job, ?2 the attempt that answered it: the attempts with the same request.
    static let query: SQL = """
        SELECT attempt_id, response_id, prompt_tokens, completion_tokens, first_chunk_us, duration_us, chunk_count,
            cost_usd, resume_strategy, resumed_from
        FROM attempts
        WHERE job_id = ?1 AND request_sha256 = (SELECT request_sha256 FROM attempts WHERE attempt_id = ?2)
        ORDER BY number
        """

    /// ?1 an attempt that broke before it reported its prompt, ?2 the tokens that it is likely to have.
    static let estimate: SQL = """
        UPDATE attempts SET prompt_tokens = ?2, usage_source = 'mixed'
        WHERE attempt_id = ?1 AND prompt_tokens IS NULL
        """

    /// Reads the attempts of a job.
    ///
    /// - Parameters:
    ///   - rows: of `query`.
    ///   - ownPrompt: the tokens of the request as the last attempt reports them, less the kept text that it sent along.
    init(
        of jobID: Int64, answeredBy attemptID: Int64, _ rows: borrowing Statement, ownPrompt: Int?
    ) throws(SQLiteFailure) {
        rows.bind(jobID, at: 1)
        rows.bind(attemptID, at: 2)
        var attempts: [Attempt] = []
        while try rows.step() {
            attempts.append(
                Attempt(
                    id: rows.integer(0), responseID: rows.optionalText(1), promptTokens: rows.optionalCount(2),
                    completionTokens: rows.optionalCount(3), firstChunkMicroseconds: rows.optionalMicroseconds(4),
                    durationMicroseconds: rows.optionalMicroseconds(5), chunkCount: rows.optionalCount(6),
                    costUSD: rows.optionalMoney(7), strategy: rows.optionalText(8).flatMap(ResumeStrategy.init),
                    resumedFrom: rows.optionalInteger(9)))
        }
        self.init(attempts, ownPrompt: ownPrompt)
    }
}
