import LLMStreaming

/// What makes a database smaller.
extension BatchDatabase {
    /// The bytes of a database's file and of its WAL; nil where there is no such file.
    ///
    /// - Parameter path: the real path.
    package static func bytes(of path: String) -> Int? {
        DatabasePath.size(of: path).map { $0 + (DatabasePath.size(of: path + "-wal") ?? 0) }
    }

    /// Deletes the chunks of completed answers, page by page; a death in between leaves the rest to the next call.
    ///
    /// Their seams then no longer lead to the pieces that they are joined from, and `show --chunks` has nothing of them.
    ///
    /// - Parameter time: only of answers that were completed before, in Unix milliseconds; nil for all.
    /// - Returns: how many were deleted.
    package func deleteChunks(ofAnswersBefore time: Int64? = nil) async throws(StoreError) -> Int {
        var count = 0
        var next: Int64? = .min
        while let number = next {
            let page = try await writer.perform { (session) throws(SQLiteFailure) in
                try session.deleteChunks(from: number, ofAnswersBefore: time)
            }
            (count, next) = (count + page.deleted, page.next)
        }
        return count
    }

    /// Writes the file anew without what is free in it; it is smaller once it is closed.
    ///
    /// - Parameters:
    ///   - temporaryFolder: where SQLite builds the new one before it goes into the WAL.
    ///   - freeBytes: the room where a folder lies; nil where that is not known.
    /// - Throws: `full` where there is not room enough: nothing was begun then.
    package func rebuild(
        temporaryFolder: String, freeBytes: @Sendable (String) -> Int? = DiskSpace.freeBytes
    ) async throws(StoreError) {
        let used = try await writer.perform { (session) throws(SQLiteFailure) in try session.usedBytes() }
        let folder = DatabasePath.folder(of: path)
        // The new file is built, then written to the WAL, of which a frame has 24 bytes besides (and 1 MB for the rest).
        let built = used.addingClamped(1_000_000)
        let logged = built.addingClamped(used / 100)
        let isTogether = temporaryFolder == folder
        try check(folder, isTogether ? built.addingClamped(logged) : logged, freeBytes)
        if !isTogether { try check(temporaryFolder, built, freeBytes) }
        try await writer.perform { (session) throws(SQLiteFailure) in try session.rebuild() }
    }

    private func check(_ folder: String, _ needed: Int, _ freeBytes: (String) -> Int?) throws(StoreError) {
        guard let free = freeBytes(folder), free < needed else { return }
        throw StoreError(
            .full, path: path,
            reason: "writing the file anew takes \(needed.megabytes) MB in \(folder), "
                + "\(free.megabytes) MB are free")
    }
}

extension Int {
    /// In megabytes, rounded up.
    fileprivate var megabytes: Int { self / 1_000_000 + (self % 1_000_000 > 0 ? 1 : 0) }
}

/// Deletes chunks that no answer needs any more.
extension WriteSession {
    /// How many numbers of chunks a transaction looks at.
    static let compactedRows: Int64 = 50_000

    /// Deletes the chunks of completed answers among the next numbers, in one transaction.
    ///
    /// Those of a job without an answer stay, since a later attempt may go on from its text; so does the newest row, so
    /// that no number is given twice. An attempt's first row goes first: a death in between leaves none that seems whole.
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

    /// Writes the file anew, without its free pages, by way of the WAL: whenever the process dies, one of the two is there.
    mutating func rebuild() throws(SQLiteFailure) {
        // The new file is built on disk: memory would have to hold it.
        try connection.execute("PRAGMA temp_store = FILE")
        try connection.execute("VACUUM")
        try connection.execute("PRAGMA temp_store = MEMORY")
    }
}
