package import BatchEngine
import LLMStreaming

/// Jobs that ask the same as others (Contract, "Equal requests").
extension JobQueue {
    package func answered(_ jobs: [Job]) async throws -> [Int64: EarlierEnd] {
        try await reader.read { [runID] (connection) throws(SQLiteFailure) in
            let row = try connection.prepare(QueueQuery.answered)
            var found: [Int64: EarlierEnd] = [:]
            for job in jobs {
                row.bind(job.requestSHA256, at: 1)
                row.bind(job.sample, at: 2)
                row.bind(utf8: job.check, at: 3)
                row.bind(job.provider, at: 6)
                row.bind(job.model, at: 7)
                if try row.step() {
                    found[job.id] = EarlierEnd(jobID: row.integer(0), isOfThisRun: row.integer(1) == runID)
                }
                row.reset()
            }
            return found
        }
    }

    package func end(ofJob jobID: Int64) async throws -> JobEnd? {
        try await reader.read { (connection) throws(SQLiteFailure) in
            let job = try connection.prepare(
                """
                SELECT j.custom_id, j.status, j.error_kind, j.error, a.http_status, a.error_code
                FROM jobs AS j LEFT JOIN attempts AS a ON a.job_id = j.job_id
                    AND a.number = (SELECT max(number) FROM attempts WHERE job_id = j.job_id)
                WHERE j.job_id = ?1
                """)
            job.bind(jobID, at: 1)
            defer { job.reset() }
            guard try job.step() else { return nil }
            let id = job.text(0)
            switch JobStatus(rawValue: job.text(1)) {
            case .completed:
                let rows = try connection.prepare(StoredCompletion.query)
                rows.bind(jobID, at: 1)
                var records: [CompletionRecord] = []
                while try rows.step() { records.append(CompletionRecord(StoredCompletion(rows))) }
                return records.isEmpty ? nil : .completed(customID: id, records)
            case .failed:
                let kind: ErrorKind = job.word(2, else: .invalidRequest)
                var error = LLMError(kind, job.optionalText(3) ?? "")
                (error.httpStatus, error.code) = (job.optionalInt(4), job.optionalText(5))
                return .failed(customID: id, error)
            case .pending, .running, .interrupted, .cancelled, nil: return nil
            }
        }
    }

    package func give(_ ends: [GivenEnd]) async throws -> [RunEvent.AttemptReport] {
        try await withCheckedThrowingContinuation { continuation in
            writer.act(on: writer.queue.append(GivenEnds(ends, runID: runID, continuation)))
        }
    }

    package func endWaits(of jobs: [Int64]) async throws {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                "UPDATE jobs SET not_before_ms = NULL WHERE job_id = ?1 AND status IN ('pending', 'interrupted')")
            for id in jobs {
                update.bind(id, at: 1)
                try update.run()
            }
        }
    }
}

extension QueueQuery {
    /// The most jobs with one request that are looked through for one with the same check: most often all have the same,
    /// and those of this run are the newest.
    private static let lookedThrough: SQL = "1000"

    /// ?1 a job that can run, ?2 another and ?3 how that has ended: the first, where both ask the same.
    static let equal: SQL = """
        SELECT j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256,
            (SELECT max(number) FROM attempts WHERE job_id = j.job_id AND number < 1000000000000)
        FROM jobs AS j CROSS JOIN requests AS r ON r.job_id = j.job_id
        CROSS JOIN jobs AS o ON o.job_id = ?2 CROSS JOIN requests AS s ON s.job_id = o.job_id
        WHERE j.job_id = ?1 AND j.status IN ('pending', 'interrupted') AND o.status = ?3 AND j.provider = o.provider
            AND j.model = o.model AND j.request_sha256 = o.request_sha256 AND j.sample IS o.sample AND r."check" IS s."check"
        """

    /// ?1 the hash of a request, ?2 the number of the sample, ?3 the check: a job that has its answer.
    static let answered: SQL = """
        SELECT e.job_id, (SELECT run_id FROM attempts WHERE attempt_id = c.attempt_id)
        FROM (
            SELECT job_id FROM jobs INDEXED BY jobs_answered
            WHERE status = 'completed' AND request_sha256 <> '' AND request_sha256 = ?1 AND sample IS ?2
                AND provider = ?6 AND model = ?7
            ORDER BY job_id DESC
            LIMIT \(lookedThrough)
        ) AS e
        CROSS JOIN requests AS r ON r.job_id = e.job_id
        CROSS JOIN completions AS c ON c.job_id = e.job_id
        WHERE r."check" IS ?3
        LIMIT 1
        """
}

extension CompletionRecord {
    /// The record of a stored row.
    fileprivate init(_ row: StoredCompletion) {
        func object(_ bytes: [UInt8]?) -> JSONObject? { bytes.flatMap { try? JSONParser.parse($0) }?.object }
        let calls = row.toolCalls.flatMap { try? JSONParser.parse($0) }?.array ?? []
        let choice = Completion.Choice(
            index: row.choice, content: row.content, reasoning: row.reasoning, refusal: row.refusal,
            toolCalls: calls.map(PartialAnswer.toolCall), finishReason: row.finishReason,
            nativeFinishReason: row.nativeFinishReason, message: (try? JSONParser.parse(row.message)) ?? .null)
        self.init(
            choice: choice, responseID: row.responseID, model: row.model, usage: nil, usageSource: row.usageSource,
            seams: row.seams)
        promptTokens = row.promptTokens
        completionTokens = row.completionTokens
        totalTokens = row.totalTokens
        cachedTokens = row.cachedTokens
        cacheCreationTokens = row.cacheCreationTokens
        reasoningTokens = row.reasoningTokens
        usage = object(row.usage)
        check = row.check
        checkReport = object(row.checkReport)
        copiedFrom = row.copiedFrom
    }
}

extension BatchDatabase {
    /// Makes the index by which equal requests are found that were answered, where it is missing: a second or two a million
    /// jobs.
    package func indexAnswers() async throws(StoreError) {
        try await writer.perform { (session) throws(SQLiteFailure) in
            try IDIndex.run(BatchSchema.answeredIndex, session.connection)
        }
    }
}
