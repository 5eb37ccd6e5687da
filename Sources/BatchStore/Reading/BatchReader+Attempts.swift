import LLMStreaming

extension BatchReader {
    /// All attempts of a job, in their order.
    package func attempts(ofJob jobID: Int64) throws(StoreError) -> [AttemptRecord] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT attempt_id, job_id, number, counts, run_id, request_sha256, resumed_from, resume_strategy,
                    prefix_chars, overlap_chars, started_ms, first_byte_us, first_chunk_us, duration_us, status,
                    finish_reason, http_status, error_kind, error, error_code, retry_after_ms, request_id, response_id,
                    first_chunk_id, last_chunk_id, chunk_count, prompt_tokens, completion_tokens, usage_source, partial,
                    resume_reason, notes
                FROM attempts
                WHERE job_id = ?1
                ORDER BY number
                """)
            rows.bind(jobID, at: 1)
            var attempts: [AttemptRecord] = []
            while try rows.step() { attempts.append(AttemptRecord(rows)) }
            return attempts
        }
    }

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

    /// How many rows of `chunks` a page looks at: a tenth of a second's work.
    private static let scannedRows: Int64 = 250_000

    /// The next chunks of an attempt; a scan of its range, since nothing indexes them.
    ///
    /// - Parameter chunkID: the `next` of the page before; nil for the first.
    package func chunks(
        of attempt: AttemptRecord, after chunkID: Int64? = nil, limit: Int = 1000
    ) throws(StoreError) -> ChunkPage {
        guard let first = attempt.firstChunkID else { return ChunkPage(chunks: [], next: nil) }
        return try read { (connection) throws(SQLiteFailure) in
            // The last row of one that still runs is not known yet.
            let stored = try connection.integer("SELECT max(chunk_id) FROM chunks")
            let newest = attempt.lastChunkID ?? stored ?? 0
            let start = chunkID.map { $0.addingClamped(1) } ?? first
            // From the next row that there is: between two of them may lie any number of numbers.
            let next = try connection.prepare("SELECT min(chunk_id) FROM chunks WHERE chunk_id >= ?1")
            next.bind(start, at: 1)
            guard try next.step(), let begin = next.optionalInteger(0), begin <= newest else {
                return ChunkPage(chunks: [], next: nil)
            }
            let end = min(newest, begin.addingClamped(Self.scannedRows - 1))
            let rows = try connection.prepare(
                """
                SELECT chunk_id, seq, at_us, kind, choice, item, text FROM chunks
                WHERE chunk_id BETWEEN ?1 AND ?2 AND attempt_id = ?3
                ORDER BY chunk_id
                LIMIT ?4
                """)
            rows.bind(begin, at: 1)
            rows.bind(end, at: 2)
            rows.bind(attempt.id, at: 3)
            rows.bind(limit, at: 4)
            var chunks: [StoredChunk] = []
            var bytes = 0
            while bytes < Self.maximumPageBytes, try rows.step() {
                chunks.append(
                    StoredChunk(
                        id: rows.integer(0), sequence: rows.int(1), atMicroseconds: rows.microseconds(2),
                        kind: rows.text(3), choice: rows.int(4), item: rows.int(5), text: rows.text(6)))
                bytes += chunks[chunks.count - 1].text.utf8.count
            }
            let reached = chunks.count == limit || bytes >= Self.maximumPageBytes ? chunks.last?.id ?? end : end
            return ChunkPage(chunks: chunks, next: reached < newest ? reached : nil)
        }
    }

    /// Whether chunks of an attempt were deleted, by `--chunks partial` or `compact`: its first is then not there.
    package func areChunksDeleted(of attempt: AttemptRecord) throws(StoreError) -> Bool {
        guard let first = attempt.firstChunkID else { return false }
        return try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare("SELECT 1 FROM chunks WHERE chunk_id = ?1 AND attempt_id = ?2")
            row.bind(first, at: 1)
            row.bind(attempt.id, at: 2)
            let isThere = try row.step()
            row.reset()
            return !isThere
        }
    }
}
