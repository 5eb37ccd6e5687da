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
}
