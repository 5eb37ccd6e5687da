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
    /// What answers are made of is then no longer told by their seams, and `show --chunks` has none of them.
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
        temporaryFolder: String, freeBytes: @Sendable (String) -> Int? = FreeSpace.bytes
    ) async throws(StoreError) {
        let used = try await writer.perform { (session) throws(SQLiteFailure) in try session.usedBytes() }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
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
            reason: "writing the file anew takes \(needed.megabytes) MB in \(folder.isEmpty ? "/" : folder), "
                + "\(free.megabytes) MB are free")
    }
}

extension Int {
    /// In megabytes, rounded up.
    fileprivate var megabytes: Int { self / 1_000_000 + (self % 1_000_000 > 0 ? 1 : 0) }
}
