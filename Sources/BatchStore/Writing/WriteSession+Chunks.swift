import LLMStreaming

/// Deletes chunks that no answer needs any more.
extension WriteSession {
    /// How many numbers of chunks a transaction looks at.
    static let compactedRows: Int64 = 50_000

    /// Deletes the chunks of completed answers among the next numbers, in one transaction.
    ///
    /// Those of a job that has no answer stay, since its text may be gone on from; so does the newest row, so that no
    /// number is given twice. An attempt's first row goes first: a death in between leaves none that seems whole.
    ///
    /// - Parameters:
    ///   - number: where to begin.
    ///   - time: only of answers that are older, in Unix milliseconds; nil for all.
    /// - Returns: how many were deleted, and where to go on; nil at the end.
    mutating func deleteChunks(
        from number: Int64, ofAnswersBefore time: Int64?
    ) throws(SQLiteFailure) -> (deleted: Int, next: Int64?) {
        let newest = try connection.integer("SELECT max(chunk_id) FROM chunks") ?? 0
        // From the next row that there is: between two of them may lie any number of numbers.
        let least = try connection.prepare("SELECT min(chunk_id) FROM chunks WHERE chunk_id >= ?1")
        least.bind(number, at: 1)
        guard try least.step(), let first = least.optionalInteger(0), first < newest else { return (0, nil) }
        least.reset()
        let last = min(first.addingClamped(Self.compactedRows - 1), newest - 1)
        let deleted = try transaction { (session) throws(SQLiteFailure) in
            let delete = try session.connection.prepare(
                """
                DELETE FROM chunks
                WHERE chunk_id BETWEEN ?1 AND ?2 AND EXISTS (
                    SELECT 1 FROM attempts AS a
                    JOIN jobs AS j ON j.job_id = a.job_id
                    JOIN completions AS c ON c.job_id = a.job_id
                    WHERE a.attempt_id = chunks.attempt_id AND a.status <> 'running' AND j.status = 'completed'
                        AND (?3 IS NULL OR c.created_ms < ?3)
                )
                """)
            delete.bind(first, at: 1)
            delete.bind(last, at: 2)
            delete.bind(time, at: 3)
            try delete.run()
            return session.connection.changes
        }
        return (deleted, last + 1 < newest ? last + 1 : nil)
    }

    /// The bytes that the file would have without its free pages.
    func usedBytes() throws(SQLiteFailure) -> Int {
        let pages = try connection.integer("PRAGMA page_count") ?? 0
        let free = try connection.integer("PRAGMA freelist_count") ?? 0
        return Int(max(0, pages - free)) * Int(try connection.integer("PRAGMA page_size") ?? 4096)
    }

    /// Writes the file anew, without its free pages, by way of the WAL: whenever the process dies, one of both is there.
    mutating func rebuild() throws(SQLiteFailure) {
        // The new file is built beside: not in memory, which would have to hold it.
        try connection.execute("PRAGMA temp_store = FILE")
        try connection.execute("VACUUM")
        try connection.execute("PRAGMA temp_store = MEMORY")
    }
}
