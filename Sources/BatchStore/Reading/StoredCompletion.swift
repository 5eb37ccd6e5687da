package import BatchEngine
package import LLMStreaming

/// A row of `completions`.
package struct StoredCompletion: Sendable, Equatable {
    package var jobID: Int64
    package var choice: Int
    package var attemptID: Int64
    package var createdMilliseconds: Int64
    /// The model that answered, as it calls itself.
    package var model: String?
    package var responseID: String?
    package var finishReason: FinishReason
    package var nativeFinishReason: String?
    package var promptTokens: Int?
    package var completionTokens: Int?
    package var totalTokens: Int?
    package var cachedTokens: Int?
    package var cacheCreationTokens: Int?
    package var reasoningTokens: Int?
    package var usageSource: CompletionRecord.UsageSource
    package var billedPromptTokens: Int?
    package var billedCompletionTokens: Int?
    package var costUSD: Double?
    /// Of the first attempt with content.
    package var firstChunkMicroseconds: Int64?
    package var durationMicroseconds: Int64?
    package var chunkCount: Int?
    package var segments: Int
    package var seams: [Seam]
    /// JSON, as the provider reported it last.
    package var usage: [UInt8]?
    /// JSON, in OpenAI's chat form.
    package var toolCalls: [UInt8]?
    package var content: String
    package var reasoning: String?
    package var refusal: String?
    /// JSON: what a next turn must send back.
    package var message: [UInt8]
    /// What the job's check found; nil where it has none.
    package var check: CompletionRecord.Check?
    /// JSON: what there is to say about the answer.
    package var checkReport: [UInt8]?
    /// The id of the job whose answer it is; nil for its own.
    package var copiedFrom: String?

    /// The columns that `init` reads; ?1 is the job.
    static let query: SQL = """
        SELECT job_id, choice, attempt_id, created_ms, model, response_id, finish_reason, native_finish_reason,
            prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_creation_tokens, reasoning_tokens,
            usage_source, billed_prompt_tokens, billed_completion_tokens, cost_usd, ttft_us, duration_us, chunk_count,
            segments, seams, usage, tool_calls, content, reasoning, refusal, message, "check", check_report,
            copied_from
        FROM completions
        WHERE job_id = ?1
        ORDER BY choice
        """

    /// Reads a row of `query`.
    init(_ row: borrowing Statement) {
        jobID = row.integer(0)
        choice = max(0, row.int(1))
        attemptID = row.integer(2)
        createdMilliseconds = row.unixMilliseconds(3)
        model = row.optionalText(4)
        responseID = row.optionalText(5)
        // The CHECK constraints allow no other words.
        finishReason = FinishReason(rawValue: row.text(6)) ?? .unknown
        nativeFinishReason = row.optionalText(7)
        promptTokens = row.optionalCount(8)
        completionTokens = row.optionalCount(9)
        totalTokens = row.optionalCount(10)
        cachedTokens = row.optionalCount(11)
        cacheCreationTokens = row.optionalCount(12)
        reasoningTokens = row.optionalCount(13)
        usageSource = CompletionRecord.UsageSource(rawValue: row.text(14)) ?? .none
        billedPromptTokens = row.optionalCount(15)
        billedCompletionTokens = row.optionalCount(16)
        costUSD = row.optionalMoney(17)
        firstChunkMicroseconds = row.optionalMicroseconds(18)
        durationMicroseconds = row.optionalMicroseconds(19)
        chunkCount = row.optionalCount(20)
        segments = row.int(21)
        seams = (try? JSONParser.parse(row.bytes(22)))?.array?.compactMap(Seam.init(json:)) ?? []
        usage = row.optionalBytes(23)
        toolCalls = row.optionalBytes(24)
        content = row.text(25)
        reasoning = row.optionalText(26)
        refusal = row.optionalText(27)
        message = StoredMessage.whole(row.bytes(28), content: content)
        check = row.optionalText(29).flatMap(CompletionRecord.Check.init)
        checkReport = row.optionalBytes(30)
        copiedFrom = row.optionalText(31)
    }
}

extension BatchReader {
    /// The answers of a job, by choice.
    package func completions(ofJob jobID: Int64) throws(StoreError) -> [StoredCompletion] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(StoredCompletion.query)
            rows.bind(jobID, at: 1)
            var completions: [StoredCompletion] = []
            while try rows.step() { completions.append(StoredCompletion(rows)) }
            return completions
        }
    }
}
