/// What a run was told, and when.
package struct ToldChange: Sendable, Equatable {
    package var atMilliseconds: Int64
    package var command: String
    /// As it is typed; nil where it has none, and of jobs.
    package var value: String?
}

extension BatchReader {
    /// What a run was told last, the oldest first.
    package func changes(ofRun runID: Int64, limit: Int = 500) throws(StoreError) -> [ToldChange] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT at_ms, command, CASE WHEN command IN ('cancel', 'now') THEN NULL ELSE value END FROM run_changes
                WHERE run_id = ?1 ORDER BY number DESC LIMIT ?2
                """)
            rows.bind(runID, at: 1)
            rows.bind(limit, at: 2)
            var changes: [ToldChange] = []
            while try rows.step() {
                changes.append(
                    ToldChange(
                        atMilliseconds: rows.unixMilliseconds(0), command: rows.text(1), value: rows.optionalText(2)))
            }
            return changes.reversed()
        }
    }

    /// The newest change of each of a run's limits, and of each provider's, in the order in which they held; however much
    /// else it was told since.
    package func limitChanges(ofRun runID: Int64) throws(StoreError) -> [ToldChange] {
        try read { (connection) throws(SQLiteFailure) in
            // Of the columns beside it max() takes those of its row.
            let rows = try connection.prepare(
                """
                SELECT at_ms, command, value, max(number) AS newest FROM run_changes
                WHERE run_id = ?1 AND command IN ('concurrency', 'rpm', 'tpm', 'max-cost')
                GROUP BY command, substr(value, 1, instr(value, '=')) ORDER BY newest
                """)
            rows.bind(runID, at: 1)
            var changes: [ToldChange] = []
            while try rows.step() {
                changes.append(
                    ToldChange(
                        atMilliseconds: rows.unixMilliseconds(0), command: rows.text(1), value: rows.optionalText(2)))
            }
            return changes
        }
    }
}
