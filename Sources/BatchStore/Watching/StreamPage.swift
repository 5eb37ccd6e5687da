package import BatchEngine
import LLMStreaming

/// The next pieces of a job's answers, over all its attempts.
package struct StreamPage: Sendable, Equatable {
    /// A piece, and the attempt that it came in.
    package struct Piece: Sendable, Equatable {
        package var chunk: StoredChunk
        package var attemptID: Int64
        /// From 1 within the job; of a merged job a later attempt may have the earlier pieces.
        package var attempt: Int
    }

    package var pieces: [Piece] = []
    /// The number of the chunk that the next page begins behind.
    package var place: Int64
    /// Whether there is more behind it by now.
    package var hasMore = false
    /// The job's state before its pieces were read: where it has ended, no more come.
    package var status: JobStatus
}

/// An attempt that has pieces, and where they lie.
struct StreamedAttempt: Sendable, Equatable {
    var id: Int64
    /// From 1 within the job.
    var number: Int
    var first: Int64
    /// Its last chunk; of one that still runs, or whose worker died, no earlier one than its newest.
    var end: Int64
}

extension BatchReader {
    /// The pieces of a page at most.
    private static let pageChunks = 500

    /// The next pieces of a job that are stored, and its state; nil where there is no such job.
    ///
    /// One look at the table of chunks, so that a job that began long ago does not hold up others: a page may be empty and
    /// have more behind it.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - chunkID: the number of the chunk to begin behind; 0 from the start.
    package func pieces(ofJob jobID: Int64, after chunkID: Int64) throws(StoreError) -> StreamPage? {
        guard let (status, attempts) = try streamedAttempts(ofJob: jobID) else { return nil }
        return try pieces(of: attempts, status, after: chunkID)
    }

    /// The next pieces of attempts that were looked up before; what was stored since comes with a later page.
    func pieces(
        of attempts: [StreamedAttempt], _ status: JobStatus, after chunkID: Int64
    ) throws(StoreError) -> StreamPage {
        var page = StreamPage(place: chunkID, status: status)
        let unread = attempts.filter { $0.end > chunkID }
        guard let attempt = unread.first else { return page }
        let chunks = try self.chunks(
            in: ChunkRange(attemptID: attempt.id, first: attempt.first, last: attempt.end),
            after: max(chunkID, attempt.first.addingClamped(-1)), limit: Self.pageChunks)
        page.pieces = chunks.chunks.map {
            StreamPage.Piece(chunk: $0, attemptID: attempt.id, attempt: attempt.number)
        }
        page.place = chunks.next ?? attempt.end
        page.hasMore = chunks.next != nil || unread.count > 1
        return page
    }

    /// The state of a job, and where the pieces of its attempts lie, in the order of the pieces.
    ///
    /// Not by their numbers: a place is that of a piece, and merging gives an earlier run's attempts the later pieces where
    /// that run is taken later.
    func streamedAttempts(
        ofJob jobID: Int64
    ) throws(StoreError) -> (status: JobStatus, attempts: [StreamedAttempt])? {
        try read { (connection) throws(SQLiteFailure) in
            let job = try connection.prepare("SELECT status FROM jobs WHERE job_id = ?1")
            job.bind(jobID, at: 1)
            guard try job.step() else { return nil }
            let status: JobStatus = job.word(0, else: .pending)
            job.reset()
            // Before the attempts are looked up: one that ends meanwhile, and the next that begins, have theirs behind it.
            let newest = try connection.integer("SELECT max(chunk_id) FROM chunks") ?? 0
            let rows = try connection.prepare(
                """
                SELECT number, attempt_id, first_chunk_id, last_chunk_id FROM attempts
                WHERE job_id = ?1 AND first_chunk_id IS NOT NULL ORDER BY first_chunk_id, number
                """)
            rows.bind(jobID, at: 1)
            var attempts: [StreamedAttempt] = []
            var isOpen = false
            while try rows.step() {
                let first = rows.integer(2)
                // One that a dead worker has left open ends where the next begins.
                if let last = attempts.indices.last, isOpen, first > attempts[last].first {
                    attempts[last].end = min(attempts[last].end, first.addingClamped(-1))
                }
                isOpen = rows.isNull(3)
                attempts.append(
                    StreamedAttempt(
                        id: rows.integer(1), number: rows.int(0), first: first, end: rows.optionalInteger(3) ?? newest))
            }
            return (status, attempts)
        }
    }
}
