import BatchEngine

/// Takes all that one database holds into another, in one transaction (Contract, "Merge").
///
/// The other one is attached as `part`. Three temporary tables, on disk, say which number each of its runs, jobs and
/// attempts gets: memory does not grow with them.
enum Merger {
    /// Pages in memory while ids come in any order: each goes to another place of their index.
    private static let cache: SQL = "PRAGMA main.cache_size = -65536"

    /// Merges a source that this process holds.
    ///
    /// - Returns: the conflict, where an id is there with another request; nothing was taken then.
    static func merge(_ source: DatabasePath, into session: inout WriteSession) throws(SQLiteFailure) -> MergeOutcome {
        try session.connection.execute("PRAGMA temp_store = FILE")
        try session.connection.execute(cache)
        let attach = try session.connection.prepare("ATTACH ?1 AS part")
        attach.bind(source.real, at: 1)
        try attach.run()
        let conflict: MergeConflict?
        do throws(SQLiteFailure) {
            conflict = try MergeConflict.first(session.connection)
            if conflict == nil {
                try session.transaction { (session) throws(SQLiteFailure) in try take(session.connection) }
            }
        } catch {
            // Its lock is given back now; the next source takes its name.
            try? session.connection.execute("DETACH part")
            throw error
        }
        try session.connection.execute("DETACH part")
        return conflict.map(MergeOutcome.conflict) ?? .merged
    }

    /// Merges what is attached as `part` already, into a database that no worker holds.
    ///
    /// - Returns: the conflict, where an id is there with another request; nothing was taken then.
    static func mergePart(_ connection: borrowing Connection) throws(SQLiteFailure) -> MergeConflict? {
        if let conflict = try MergeConflict.first(connection) { return conflict }
        try connection.transaction { () throws(SQLiteFailure) in try take(connection) }
        return nil
    }

    private static func take(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try MergedRuns.take(connection)
        try MergedJobs.map(connection)
        try MergedAttempts.map(connection)
        try MergedJobs.takeNew(connection)
        try MergedAttempts.take(connection)
        try MergedJobs.take(connection)
        try AttemptOrder.restore(connection)
        try MergedBilling.renew(connection)
        try RowOrder.restore(connection)
        for table in tables { try connection.execute(table) }
    }

    /// Takes what is attached as `part` into the database of a worker, before its run: it stays the worker's own, with its
    /// order and its newest run.
    ///
    /// - Parameter shard: of the database, and of the runs that it gets by that.
    static func takeIn(_ connection: borrowing Connection, shard: JobShard?) throws(SQLiteFailure) {
        try MergedRuns.take(connection, keepingOwn: true)
        try MergedRuns.adopt(connection, shard)
        try MergedJobs.map(connection)
        try MergedAttempts.map(connection)
        try MergedJobs.keepWhatIsNewer(connection)
        try MergedAttempts.take(connection)
        try MergedJobs.take(connection)
        try AttemptOrder.restore(connection)
        try MergedBilling.renew(connection)
        for table in tables { try connection.execute(table) }
    }

    private static let tables: [SQL] = [
        "DROP TABLE temp.run_map", "DROP TABLE temp.job_map", "DROP TABLE temp.attempt_map", "DROP TABLE temp.rejoined",
    ]
}

/// An id that stands for two requests.
package struct MergeConflict: Sendable, Equatable {
    /// Where a database has it from.
    package struct Place: Sendable, Equatable {
        package var source: String
        /// Nil where the file no longer has it.
        package var line: Int?
    }

    package var customID: String
    /// In the database that is merged into.
    package var stored: Place
    /// In the source.
    package var other: Place
    /// How many such ids there are.
    package var count: Int

    /// The first one, in the order of the source's jobs; nil for none.
    static func first(_ connection: borrowing Connection) throws(SQLiteFailure) -> MergeConflict? {
        let row = try connection.prepare(
            """
            SELECT s.custom_id, o.source, o.line, s.source, s.line, count(*) OVER ()
            FROM part.jobs AS s CROSS JOIN main.jobs AS o ON o.custom_id = s.custom_id
            WHERE o.request_sha256 <> s.request_sha256
            ORDER BY s.job_id LIMIT 1
            """)
        guard try row.step() else { return nil }
        return MergeConflict(
            customID: row.text(0), stored: Place(source: row.text(1), line: row.optionalInt(2)),
            other: Place(source: row.text(3), line: row.optionalInt(4)), count: row.int(5))
    }
}
