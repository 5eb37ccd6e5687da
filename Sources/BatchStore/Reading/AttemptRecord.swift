package import BatchEngine
import LLMStreaming

/// A row of `attempts`.
package struct AttemptRecord: Sendable, Equatable {
    package var id: Int64
    package var jobID: Int64
    /// From 1 within its job.
    package var number: Int
    package var counts: Bool
    package var runID: Int64
    /// Where it was sent; nil where nothing was, and where an earlier version did not note it.
    package var endpoint: String?
    package var requestSHA256: String
    package var resumedFrom: Int64?
    package var strategy: ResumeStrategy?
    /// Scalars of the joined text that were sent along.
    package var prefixScalars: Int?
    package var overlapScalars: Int?
    package var startedMilliseconds: Int64
    package var firstByteMicroseconds: Int64?
    package var firstChunkMicroseconds: Int64?
    package var durationMicroseconds: Int64?
    package var status: AttemptStatus
    package var finishReason: String?
    package var httpStatus: Int?
    package var errorKind: String?
    package var error: String?
    package var errorCode: String?
    package var retryAfterMilliseconds: Int64?
    package var requestID: String?
    package var responseID: String?
    package var firstChunkID: Int64?
    package var lastChunkID: Int64?
    package var chunkCount: Int?
    package var promptTokens: Int?
    package var completionTokens: Int?
    package var usageSource: CompletionRecord.UsageSource?
    /// What it left, where it did not complete; nil also where that was not asked for.
    package var partial: StoredPartial?
    /// Why it was sent in the way of its strategy.
    package var resumeReason: String?
    /// What was asked for and not sent, and why.
    package var notes: [String]

    /// Whether its answer was not taken: what it left is that answer, and nothing goes on from it.
    package var isRejected: Bool {
        let kind = errorKind.flatMap(ErrorKind.init)
        return kind == .invalidAnswer || kind == .repetition
    }

    /// The columns that `init` reads, with or without the text that is left; ?1 is the job.
    fileprivate static func query(withPartials: Bool) -> SQL {
        """
        SELECT attempt_id, job_id, number, counts, run_id, request_sha256, resumed_from, resume_strategy,
            prefix_chars, overlap_chars, started_ms, first_byte_us, first_chunk_us, duration_us, status,
            finish_reason, http_status, error_kind, error, error_code, retry_after_ms, request_id, response_id,
            first_chunk_id, last_chunk_id, chunk_count, prompt_tokens, completion_tokens, usage_source,
            \(withPartials ? "partial" : "NULL"), resume_reason, notes, endpoint
        FROM attempts
        WHERE job_id = ?1
        ORDER BY number
        """
    }

    /// Reads a row of `query`.
    fileprivate init(_ row: borrowing Statement) {
        id = row.integer(0)
        jobID = row.integer(1)
        number = row.int(2)
        counts = row.int(3) != 0
        runID = row.integer(4)
        requestSHA256 = row.text(5)
        resumedFrom = row.optionalInteger(6)
        strategy = row.optionalText(7).flatMap(ResumeStrategy.init)
        prefixScalars = row.optionalCount(8)
        overlapScalars = row.optionalCount(9)
        startedMilliseconds = row.unixMilliseconds(10)
        firstByteMicroseconds = row.optionalMicroseconds(11)
        firstChunkMicroseconds = row.optionalMicroseconds(12)
        durationMicroseconds = row.optionalMicroseconds(13)
        status = row.word(14, else: .running)
        finishReason = row.optionalText(15)
        httpStatus = row.optionalInt(16)
        errorKind = row.optionalText(17)
        error = row.optionalText(18)
        errorCode = row.optionalText(19)
        retryAfterMilliseconds = row.optionalMicroseconds(20)
        requestID = row.optionalText(21)
        responseID = row.optionalText(22)
        firstChunkID = row.optionalInteger(23)
        lastChunkID = row.optionalInteger(24)
        chunkCount = row.optionalCount(25)
        promptTokens = row.optionalCount(26)
        completionTokens = row.optionalCount(27)
        usageSource = row.optionalText(28).flatMap(CompletionRecord.UsageSource.init)
        resumeReason = row.optionalText(30)
        let told = row.optionalText(31).flatMap { try? JSONParser.parse($0) }
        notes = told?.array?.compactMap(\.string) ?? []
        endpoint = row.optionalText(32)
        partial = row.optionalBytes(29).flatMap { StoredPartial(attemptID: id, stored: $0, endpoint: endpoint) }
    }
}

extension [AttemptRecord] {
    /// The newest text of a request that can be gone on from; nil where there is none.
    ///
    /// - Parameter hash: of the request.
    package func kept(ofRequest hash: String) -> StoredPartial? {
        let newest = last { $0.requestSHA256 == hash && ($0.partial != nil || $0.isRejected) }
        return newest?.isRejected == true ? nil : newest?.partial
    }
}

extension BatchReader {
    /// All attempts of a job, in their order.
    ///
    /// - Parameter withPartials: whether what they left is read too, which may be long.
    package func attempts(
        ofJob jobID: Int64, withPartials: Bool = true
    ) throws(StoreError) -> [AttemptRecord] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(AttemptRecord.query(withPartials: withPartials))
            rows.bind(jobID, at: 1)
            var attempts: [AttemptRecord] = []
            while try rows.step() { attempts.append(AttemptRecord(rows)) }
            return attempts
        }
    }
}
