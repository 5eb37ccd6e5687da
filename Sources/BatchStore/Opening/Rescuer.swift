import BatchEngine
import LLMStreaming

/// Puts in order what a dead worker left: its open attempts, their jobs and its run (The database, "Writing").
///
/// Their text is rebuilt from the chunks in one scan, from the least first row of any of them; the rows of other
/// attempts in between are passed over.
enum Rescuer {
    /// Why such an attempt ended, in words.
    private static let reason = "the process died while the answer came"

    /// Runs at opening, under the lock, in one transaction.
    ///
    /// - Parameter echoing: the providers that begin every continuation with the text that was sent along.
    static func rescue(
        _ connection: borrowing Connection, path: DatabasePath, echoing: Set<String>, now: Int64
    ) throws(StoreError) {
        try path.naming { () throws(SQLiteFailure) in
            let openRun = try connection.integer("SELECT 1 FROM runs WHERE status = 'running' LIMIT 1")
            let openAttempt = try connection.integer("SELECT 1 FROM attempts WHERE status = 'running' LIMIT 1")
            guard openRun != nil || openAttempt != nil else { return }
            try connection.transaction { () throws(SQLiteFailure) in
                var (attempts, firstChunkID) = try open(connection, echoing)
                if let firstChunkID { try read(connection, from: firstChunkID, into: &attempts) }
                try write(attempts.values.sorted { $0.id < $1.id }, connection, now)
                try connection.execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'")
            }
        }
    }

    /// The attempts that were open, and where the first row of any of them lies.
    private static func open(
        _ connection: borrowing Connection, _ echoing: Set<String>
    ) throws(SQLiteFailure) -> ([Int64: RescuedAttempt], Int64?) {
        let rows = try connection.prepare(
            """
            SELECT a.attempt_id, a.job_id, a.resume_strategy, a.prefix_chars, a.resumed_from, b.partial,
                a.first_chunk_id, j.provider, a.endpoint, b.endpoint
            FROM attempts AS a JOIN jobs AS j ON j.job_id = a.job_id
            LEFT JOIN attempts AS b ON b.attempt_id = a.resumed_from
            WHERE a.status = 'running'
            """)
        var attempts: [Int64: RescuedAttempt] = [:]
        var first: Int64?
        while try rows.step() {
            let (stored, endpoint) = (rows.optionalBytes(5), rows.optionalText(9))
            let base = rows.optionalInteger(4).flatMap { id in
                stored.flatMap { StoredPartial(attemptID: id, stored: $0, endpoint: endpoint) }
            }
            let attempt = RescuedAttempt(
                id: rows.integer(0), jobID: rows.integer(1),
                strategy: rows.optionalText(2).flatMap(ResumeStrategy.init), prefixScalars: rows.optionalCount(3),
                isEcho: echoing.contains(rows.text(7)), base: base, endpoint: rows.optionalText(8))
            attempts[attempt.id] = attempt
            if let chunk = rows.optionalInteger(6) { first = min(first ?? chunk, chunk) }
        }
        return (attempts, first)
    }

    private static func read(
        _ connection: borrowing Connection, from first: Int64, into attempts: inout [Int64: RescuedAttempt]
    ) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT chunk_id, attempt_id, at_us, kind, choice, item, text FROM chunks WHERE chunk_id >= ?1
            ORDER BY chunk_id
            """)
        rows.bind(first, at: 1)
        while try rows.step() {
            // A kind that this version does not know is no part of an answer that it can go on from.
            guard let index = attempts.index(forKey: rows.integer(1)),
                let kind = StreamedChunk.Kind(rawValue: rows.text(3))
            else { continue }
            let chunk = StreamedChunk(kind, rows.text(6), choice: rows.int(4), item: rows.int(5))
            attempts.values[index].add(chunk, id: rows.integer(0), atMicroseconds: rows.microseconds(2))
        }
    }

    private static func write(
        _ attempts: [RescuedAttempt], _ connection: borrowing Connection, _ now: Int64
    ) throws(SQLiteFailure) {
        // Killed with the process, not by the provider: it does not count.
        let end = try connection.prepare(
            """
            UPDATE attempts SET status = 'interrupted', counts = 0, error_kind = 'cut', error = ?2,
                overlap_chars = ?3, first_chunk_us = ?4, duration_us = ?5, finish_reason = ?6, response_id = ?7,
                last_chunk_id = ?8, chunk_count = ?9, gaps = ?10, prompt_tokens = ?11, completion_tokens = ?12,
                usage_source = ?13, service_tier = ?15, partial = ?14
            WHERE attempt_id = ?1
            """)
        for attempt in attempts {
            let usage = attempt.usage
            let partial = attempt.partial
            end.bind(attempt.id, at: 1)
            end.bind(reason, at: 2)
            end.bind(partial?.overlapScalars, at: 3)
            end.bind(attempt.firstContentMicroseconds, at: 4)
            end.bind(attempt.lastMicroseconds, at: 5)
            end.bind(attempt.accumulator.nativeFinishReason, at: 6)
            end.bind(partial?.stored.responseID ?? attempt.accumulator.responseID, at: 7)
            end.bind(attempt.lastChunkID, at: 8)
            end.bind(attempt.chunkCount, at: 9)
            end.bind(attempt.gaps == GapHistogram() ? nil : attempt.gaps.json.text, at: 10)
            end.bind(usage.promptTokens, at: 11)
            end.bind(usage.completionTokens, at: 12)
            end.bind(usage.source.rawValue, at: 13)
            end.bind(utf8: partial?.stored.stored(inRowOf: connection.maximumBytes), at: 14)
            end.bind(attempt.accumulator.serviceTier?.shortened(toBytes: 64), at: 15)
            try end.run()
        }
        try release(attempts.map(\.jobID), connection, now)
    }

    /// Puts jobs back into the queue: interrupted where text can be used, else pending.
    private static func release(
        _ jobs: [Int64], _ connection: borrowing Connection, _ now: Int64
    ) throws(SQLiteFailure) {
        let release = try connection.prepare(
            """
            UPDATE jobs SET not_before_ms = NULL, error_kind = 'cut', error = ?3, updated_ms = ?2,
                status = \(StoredPartial.queuedStatus)
            WHERE job_id = ?1 AND status = 'running'
            """)
        for job in jobs {
            release.bind(job, at: 1)
            release.bind(now, at: 2)
            release.bind(reason, at: 3)
            try release.run()
        }
    }
}

/// An attempt whose process died, rebuilt from its rows.
struct RescuedAttempt {
    let id: Int64
    let jobID: Int64
    let strategy: ResumeStrategy?
    let prefixScalars: Int?
    /// Whether its provider begins every continuation with the text that was sent along.
    let isEcho: Bool
    /// What it went on from.
    let base: StoredPartial?
    /// Where it was sent; nil where that is not known.
    let endpoint: String?
    // The partial answer is the same in every dialect.
    private(set) var accumulator = StreamingAccumulator(dialect: .openAIChat)
    /// The gaps between reads that brought content; the chunks of one read share their time.
    private(set) var gaps = GapHistogram()
    private(set) var chunkCount = 0
    private(set) var lastChunkID: Int64?
    private(set) var firstContentMicroseconds: Int64?
    private var lastContentMicroseconds: Int64?
    private(set) var lastMicroseconds: Int64?

    init(
        id: Int64, jobID: Int64, strategy: ResumeStrategy?, prefixScalars: Int?, isEcho: Bool, base: StoredPartial?,
        endpoint: String? = nil
    ) {
        self.id = id
        self.jobID = jobID
        self.strategy = strategy
        self.prefixScalars = prefixScalars
        self.isEcho = isEcho
        self.base = base
        self.endpoint = endpoint
    }

    /// Adds its next row.
    mutating func add(_ chunk: StreamedChunk, id: Int64, atMicroseconds microseconds: Int64) {
        accumulator.add(chunk)
        chunkCount += 1
        lastChunkID = id
        lastMicroseconds = microseconds
        guard chunk.isContent else { return }
        if let lastContentMicroseconds, lastContentMicroseconds != microseconds {
            gaps.add(microseconds: microseconds - lastContentMicroseconds)
        }
        firstContentMicroseconds = firstContentMicroseconds ?? microseconds
        lastContentMicroseconds = microseconds
    }

    /// The answer so far, joined with what it went on from; nil for an empty one.
    var partial: (stored: StoredPartial, overlapScalars: Int?)? {
        var attempt = AnswerJoiner.Attempt(
            id: id, strategy: strategy, prefixScalars: prefixScalars, own: accumulator.partial,
            cursor: accumulator.cursor, responseID: accumulator.responseID, model: accumulator.model, isEcho: isEcho,
            endpoint: endpoint)
        attempt.isNamedFirst = accumulator.isNamedFirst && base?.cursor?.form == .response
        // It asked nobody: the whole answer is still to be judged.
        if let base, !base.whole.isEmpty, chunkCount == 0 { return (base, nil) }
        let (partial, overlap) = AnswerJoiner.join(attempt, onto: base)
        return partial.isEmpty ? nil : (partial, overlap)
    }

    var usage: AttemptUsage {
        AttemptUsage(reported: accumulator.usage, isComplete: false, pieces: accumulator.contentDeltaCount)
    }
}
