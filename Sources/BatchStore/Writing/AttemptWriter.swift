import BatchEngine
import LLMStreaming

/// Writes the start and the end of attempts, and what each means for its job.
struct AttemptWriter: ~Copyable {
    private let insert: Statement
    private let run: Statement
    private let end: Statement
    private let settle: Statement
    private let release: Statement

    /// Writes the row of a new attempt, and that its job runs.
    func write(_ start: AttemptStart, attemptID: Int64, runID: Int64) throws(SQLiteFailure) {
        insert.bind(attemptID, at: 1)
        insert.bind(start.jobID, at: 2)
        insert.bind(start.number, at: 3)
        insert.bind(runID, at: 4)
        insert.bind(start.requestSHA256, at: 5)
        insert.bind(start.resumedFrom, at: 6)
        insert.bind(start.strategy?.rawValue, at: 7)
        insert.bind(start.prefixScalars, at: 8)
        insert.bind(start.startedMilliseconds, at: 9)
        insert.bind(start.reason, at: 10)
        insert.bind(start.notes.isEmpty ? nil : JSON.array(start.notes.map(JSON.string)).text, at: 11)
        insert.bind(start.endpoint, at: 12)
        try insert.run()
        run.bind(start.jobID, at: 1)
        run.bind(start.startedMilliseconds, at: 2)
        try run.run()
    }

    /// Writes how an attempt ended, and its job's new state.
    ///
    /// - Returns: whether the job still has the request that was sent. Where `--on-changed replace` gave it another
    ///   meanwhile, the answer is not its answer: the job may run at once.
    func write(_ attempt: AttemptEnd, chunks: ChunkExtents.Extent?, in connection: borrowing Connection)
        throws(SQLiteFailure) -> Bool
    {
        let result = attempt.result
        let usage = AttemptUsage(result)
        end.bind(attempt.attemptID, at: 1)
        end.bind(attempt.status.rawValue, at: 2)
        end.bind(attempt.counts ? 1 : 0, at: 3)
        end.bind(attempt.overlapScalars, at: 4)
        end.bind(result.firstByteMicroseconds, at: 5)
        end.bind(result.firstChunkMicroseconds, at: 6)
        end.bind(attempt.isTaken ? nil : result.durationMicroseconds, at: 7)
        end.bind(result.nativeFinishReason, at: 8)
        end.bind(result.httpStatus ?? attempt.error?.httpStatus, at: 9)
        // What another's attempt met did not happen once more.
        let error = attempt.isTaken ? nil : attempt.error
        end.bind(error?.kind.rawValue, at: 10)
        end.bind(error?.message, at: 11)
        end.bind(attempt.error?.code, at: 12)
        end.bind(attempt.error?.retryAfter?.wholeMilliseconds, at: 13)
        end.bind(result.requestID ?? attempt.error?.requestID, at: 14)
        end.bind(result.responseID, at: 15)
        end.bind(chunks?.last, at: 16)
        end.bind(chunks?.count ?? result.chunkCount, at: 17)
        end.bind(result.gaps == GapHistogram() ? nil : result.gaps.json.text, at: 18)
        end.bind(usage.promptTokens, at: 19)
        end.bind(usage.completionTokens, at: 20)
        end.bind(usage.source.rawValue, at: 21)
        let partial = attempt.partial?.stored(inRowOf: connection.maximumBytes)
        end.bind(utf8: partial, at: 22)
        end.bind(attempt.costUSD, at: 23)
        end.bind(result.serviceTier?.shortened(toBytes: 64), at: 24)
        try end.run()
        try settle(attempt, isPartialLost: attempt.partial != nil && partial == nil)
        if connection.changes > 0 { return true }
        release.bind(attempt.jobID, at: 1)
        release.bind(attempt.endedMilliseconds, at: 2)
        try release.run()
        return false
    }

    private func settle(_ attempt: AttemptEnd, isPartialLost: Bool) throws(SQLiteFailure) {
        var notBefore: Int64?
        let status: JobStatus
        switch attempt.transition {
        case .completed: status = .completed
        case .waiting(let until, let hasPartial):
            notBefore = until
            status = hasPartial && !isPartialLost && !attempt.rejectsAnswer ? .interrupted : .pending
        case .failed: status = .failed
        case .cancelled: status = .cancelled
        }
        let error = status == .cancelled ? LLMError.cancelledJob : attempt.error
        settle.bind(attempt.jobID, at: 1)
        settle.bind(status.rawValue, at: 2)
        settle.bind(attempt.counts ? 1 : 0, at: 3)
        settle.bind(notBefore, at: 4)
        settle.bind(status == .completed ? nil : error?.kind.rawValue, at: 5)
        settle.bind(status == .completed ? nil : error?.message, at: 6)
        settle.bind(attempt.endedMilliseconds, at: 7)
        settle.bind(attempt.attemptID, at: 8)
        settle.bind(attempt.resetsAttempts ? 0 : 1, at: 9)
        settle.bind(attempt.rejectsAnswer ? 1 : 0, at: 10)
        try settle.run()
    }
}

extension LLMError {
    /// Why a cancelled job has no answer, whatever its last attempt met.
    static let cancelledJob = LLMError(.cancelled, "cancelled by the user; retry --all runs it")
}

extension StreamResult {
    /// The finish reason of the first answer of a whole result, in the provider's own word.
    fileprivate var nativeFinishReason: String? {
        guard case .completed(let completion) = outcome, let choice = completion.choices.first else { return nil }
        return choice.nativeFinishReason ?? choice.finishReason.rawValue
    }
}

// In an extension: a struct of noncopyable members must be made by its memberwise initialiser where one may throw.
extension AttemptWriter {
    /// Prepares its statements.
    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try self.init(
            insert: connection.prepare(
                """
                INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, resumed_from,
                    resume_strategy, prefix_chars, started_ms, resume_reason, notes, endpoint, status)
                VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'running')
                """),
            run: connection.prepare(
                "UPDATE jobs SET status = 'running', not_before_ms = NULL, updated_ms = ?2 WHERE job_id = ?1"),
            end: connection.prepare(
                """
                UPDATE attempts SET status = ?2, counts = ?3, overlap_chars = ?4, first_byte_us = ?5, first_chunk_us = ?6,
                    duration_us = ?7, finish_reason = ?8, http_status = ?9, error_kind = ?10, error = ?11,
                    error_code = ?12, retry_after_ms = ?13, request_id = ?14, response_id = ?15, last_chunk_id = ?16,
                    chunk_count = ?17, gaps = ?18, prompt_tokens = ?19, completion_tokens = ?20, usage_source = ?21,
                    cost_usd = ?23, service_tier = ?24, partial = ?22
                WHERE attempt_id = ?1
                """),
            settle: connection.prepare(
                """
                UPDATE jobs SET status = ?2, attempts = min(attempts, 1000000000000) * ?9 + ?3, not_before_ms = ?4,
                    answers = min(answers, 1000000000000) + ?10, error_kind = ?5, error = ?6, updated_ms = ?7
                WHERE job_id = ?1
                    AND request_sha256 = (SELECT request_sha256 FROM attempts WHERE attempt_id = ?8)
                """),
            release: connection.prepare(
                "UPDATE jobs SET status = 'pending', not_before_ms = ?2, updated_ms = ?2 WHERE job_id = ?1"))
    }
}

/// What an attempt's tokens are known to be, and from where.
struct AttemptUsage: Equatable {
    var promptTokens: Int?
    var completionTokens: Int?
    var source: CompletionRecord.UsageSource

    /// - Parameters:
    ///   - reported: what the provider said, also in the middle of a stream.
    ///   - isComplete: whether the answer ended, and so the report is of all of it.
    ///   - pieces: how many pieces of content came. A provider's report in mid-stream may be of its beginning only;
    ///     pieces are then the better bound from below.
    init(reported: TokenUsage?, isComplete: Bool, pieces: Int) {
        promptTokens = reported?.promptTokens
        let told = reported?.completionTokens
        if let told, isComplete || told >= pieces {
            completionTokens = told
            source = .provider
        } else if reported != nil {
            completionTokens = pieces > 0 || told != nil ? pieces : nil
            source = .mixed
        } else {
            completionTokens = pieces > 0 ? pieces : nil
            source = pieces > 0 ? .estimate : .none
        }
    }

    init(_ result: StreamResult) {
        let isComplete = if case .completed = result.outcome { true } else { false }
        self.init(reported: result.usage, isComplete: isComplete, pieces: result.partial.contentDeltaCount)
    }
}
