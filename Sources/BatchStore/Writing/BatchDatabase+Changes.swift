import LLMStreaming

// What a run is told while it goes on.
extension BatchDatabase {
    /// Writes what a run was told, once it holds.
    package func record(_ change: RunChange, ofRun runID: Int64) async throws(StoreError) {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let insert = try session.connection.prepare(
                """
                INSERT INTO run_changes (run_id, number, at_ms, command, value, keep, streams_over)
                VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM run_changes
                    WHERE run_id = ?1 AND number < 1000000000000), ?2, ?3, ?4, ?5, ?6)
                """)
            insert.bind(runID, at: 1)
            insert.bind(session.options.now, at: 2)
            insert.bind(change.command, at: 3)
            insert.bind(change.value, at: 4)
            insert.bind(change.isKept ? 1 : 0, at: 5)
            insert.bind(change.streamsOver, at: 6)
            try insert.run()
        }
    }

    /// Cancels those of these jobs that can run; nobody may work on any of them.
    ///
    /// - Returns: which those are.
    package func cancel(_ jobs: [Int64]) async throws(StoreError) -> [Int64] {
        try await writer.flushAll()
        return try await writer.transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                """
                UPDATE jobs SET status = 'cancelled', not_before_ms = NULL, error_kind = ?3, error = ?4, updated_ms = ?2
                WHERE job_id = ?1 AND (status = 'pending' OR status = 'interrupted')
                """)
            update.bind(session.options.now, at: 2)
            update.bind(LLMError.cancelledJob.kind.rawValue, at: 3)
            update.bind(LLMError.cancelledJob.message, at: 4)
            var cancelled: [Int64] = []
            for id in jobs {
                update.bind(id, at: 1)
                try update.run()
                if session.connection.changes > 0 { cancelled.append(id) }
            }
            return cancelled
        }
    }
}

/// What a run was told while it went on: a row of `run_changes`.
package struct RunChange: Sendable, Equatable {
    package var command: String
    /// What it was set to, as it is typed; of jobs their ids, JSON; nil where it has no value.
    package var value: String?
    /// Whether `resume` and `retry` take it over.
    package var isKept: Bool
    /// The streams that were open beyond it when it held.
    package var streamsOver: Int

    package init(command: String, value: String? = nil, isKept: Bool = false, streamsOver: Int = 0) {
        self.command = command
        self.value = value
        self.isKept = isKept
        self.streamsOver = streamsOver
    }
}

extension BatchReader {
    /// What the newest run was told that a later one is to take over, in its order.
    package func keptChanges() throws(StoreError) -> [RunChange] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT command, value, streams_over FROM run_changes
                WHERE keep = 1 AND run_id = (SELECT run_id FROM runs ORDER BY \(Self.ownNewestFirst) LIMIT 1)
                ORDER BY number
                """)
            var changes: [RunChange] = []
            while try rows.step() {
                changes.append(
                    RunChange(
                        command: rows.text(0), value: rows.optionalText(1), isKept: true, streamsOver: rows.int(2)))
            }
            return changes
        }
    }
}

extension BatchDatabase {
    /// Whether some process works on the database at a path, as its lock tells; nil where that cannot be known.
    ///
    /// - Parameter path: the real path.
    package static func hasWorker(at path: String) throws(StoreError) -> Bool? {
        WorkerLock.isHeld(try DatabasePath(path))
    }

    /// What tells the database's file from every other one, whatever its names; nil where there is none.
    ///
    /// - Parameter path: the real path.
    package static func filePlace(of path: String) -> [UInt64]? { FileIdentity(path)?.place }
}
