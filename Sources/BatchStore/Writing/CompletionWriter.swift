import BatchEngine
import LLMStreaming

/// Writes the rows of `completions`, with what sums over the job's attempts.
struct CompletionWriter: ~Copyable {
    private let attempts: Statement
    private let estimate: Statement
    private let insert: Statement

    /// Writes the answers of a job; its attempt's row is written already.
    func write(_ records: [CompletionRecord], of end: AttemptEnd) throws(SQLiteFailure) {
        let totals = try AttemptTotals(
            of: end.jobID, answeredBy: end.attemptID, attempts, ownPrompt: records.first?.promptTokens)
        for (attemptID, tokens) in totals.estimatedPrompts {
            estimate.bind(attemptID, at: 1)
            estimate.bind(tokens, at: 2)
            try estimate.run()
        }
        for record in records { try write(record, totals, of: end) }
    }

    private func write(
        _ record: CompletionRecord, _ totals: AttemptTotals, of end: AttemptEnd
    ) throws(SQLiteFailure) {
        let choice = record.choice
        let promptTokens = totals.promptTokens
        // The last report is of a prompt that held the kept text.
        let isJoined = record.usageSource == .mixed
        let cachedTokens = isJoined ? Self.lower(record.cachedTokens, promptTokens) : record.cachedTokens
        let sum = promptTokens.flatMap { prompt in record.completionTokens.map { prompt.addingClamped($0) } }
        let isEstimated = !totals.estimatedPrompts.isEmpty && record.usageSource == .provider
        insert.bind(end.jobID, at: 1)
        insert.bind(choice.index, at: 2)
        insert.bind(end.attemptID, at: 3)
        insert.bind(end.endedMilliseconds, at: 4)
        insert.bind(record.model, at: 5)
        insert.bind(record.responseID, at: 6)
        insert.bind(choice.finishReason.rawValue, at: 7)
        insert.bind(choice.nativeFinishReason, at: 8)
        insert.bind(promptTokens, at: 9)
        insert.bind(record.completionTokens, at: 10)
        insert.bind((promptTokens == record.promptTokens ? record.totalTokens : nil) ?? sum, at: 11)
        insert.bind(cachedTokens, at: 12)
        insert.bind(record.cacheCreationTokens, at: 13)
        insert.bind(record.reasoningTokens, at: 14)
        insert.bind((isEstimated ? .mixed : record.usageSource).rawValue, at: 15)
        // Another job's answer costs nothing more; what this job's own attempts had cost stays.
        let unbilled = record.copiedFrom == nil ? nil : 0
        insert.bind(totals.billedPromptTokens ?? unbilled, at: 16)
        insert.bind(totals.billedCompletionTokens ?? unbilled, at: 17)
        // A copy took no time: no figure is to be made of it.
        insert.bind(record.copiedFrom == nil ? totals.firstChunkMicroseconds : nil, at: 18)
        insert.bind(record.copiedFrom == nil ? totals.durationMicroseconds : nil, at: 19)
        insert.bind(totals.chunkCount, at: 20)
        insert.bind(max(1, record.seams.count), at: 21)
        insert.bind(utf8: JSON.array(record.seams.map(\.json)).bytes, at: 22)
        insert.bind(utf8: record.usage.map { JSON.object($0).bytes }, at: 23)
        insert.bind(
            utf8: choice.toolCalls.isEmpty ? nil : JSON.array(choice.toolCalls.map(\.json)).bytes, at: 24)
        insert.bind(choice.content, at: 25)
        insert.bind(choice.reasoning, at: 26)
        insert.bind(choice.refusal, at: 27)
        insert.bind(utf8: StoredMessage.stored(choice.message.bytes, content: choice.content), at: 28)
        insert.bind(totals.costUSD ?? unbilled.map(Double.init), at: 29)
        insert.bind(record.check?.rawValue, at: 30)
        insert.bind(utf8: record.checkReport.map { JSON.object($0).bytes }, at: 31)
        insert.bind(record.copiedFrom, at: 32)
        try insert.run()
    }

    private static func lower(_ tokens: Int?, _ bound: Int?) -> Int? {
        guard let tokens, let bound else { return tokens }
        return min(tokens, bound)
    }
}

// In an extension: a struct of noncopyable members must be made by its memberwise initialiser where one may throw.
extension CompletionWriter {
    /// Prepares its statements.
    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try self.init(
            attempts: connection.prepare(AttemptTotals.query), estimate: connection.prepare(AttemptTotals.estimate),
            insert: connection.prepare(
                """
                INSERT INTO completions (job_id, choice, attempt_id, created_ms, model, response_id, finish_reason,
                    native_finish_reason, prompt_tokens, completion_tokens, total_tokens, cached_tokens,
                    cache_creation_tokens, reasoning_tokens, usage_source, billed_prompt_tokens,
                    billed_completion_tokens, ttft_us, duration_us, chunk_count, segments, seams, usage, tool_calls,
                    content, reasoning, refusal, message, cost_usd, "check", check_report, copied_from)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                    ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)
                """))
    }
}
