import LLMStreaming

/// Some of an attempt's chunks, in order.
package struct ChunkPage: Sendable, Equatable {
    package var chunks: [StoredChunk]
    /// What the next page begins after; nil for the last one.
    ///
    /// A page before it may be empty: other attempts' rows lie in between.
    package var next: Int64?
}

/// A row of `chunks`.
package struct StoredChunk: Sendable, Equatable {
    package var id: Int64
    /// From 0 within its attempt.
    package var sequence: Int
    package var atMicroseconds: Int64
    package var kind: String
    package var choice: Int
    package var item: Int
    package var text: String
}

/// Where the rows of an attempt lie.
struct ChunkRange: Sendable, Equatable {
    var attemptID: Int64
    var first: Int64
    /// Nil where it still runs: its last row is not known yet.
    var last: Int64?
}

extension BatchReader {
    /// How many rows of `chunks` a page looks at: a tenth of a second's work.
    private static let scannedRows: Int64 = 250_000

    /// The next chunks of an attempt; a scan of its range, since nothing indexes them.
    ///
    /// - Parameter chunkID: the `next` of the page before; nil for the first.
    package func chunks(
        of attempt: AttemptRecord, after chunkID: Int64? = nil, limit: Int = 1000
    ) throws(StoreError) -> ChunkPage {
        guard let first = attempt.firstChunkID else { return ChunkPage(chunks: [], next: nil) }
        let range = ChunkRange(attemptID: attempt.id, first: first, last: attempt.lastChunkID)
        return try chunks(in: range, after: chunkID, limit: limit)
    }

    /// The next chunks in a range.
    func chunks(in range: ChunkRange, after chunkID: Int64?, limit: Int) throws(StoreError) -> ChunkPage {
        try read { (connection) throws(SQLiteFailure) in
            let stored = try connection.integer("SELECT max(chunk_id) FROM chunks")
            let newest = range.last ?? stored ?? 0
            let start = chunkID.map { $0.addingClamped(1) } ?? range.first
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
            rows.bind(range.attemptID, at: 3)
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
