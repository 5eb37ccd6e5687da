extension BatchReader {
    /// The failed jobs of a scope by kind of error, the most frequent first.
    package func failures(in scope: JobScope = .all) throws(StoreError) -> [FailureGroup] {
        try read { (connection) throws(SQLiteFailure) in
            // Beside min() SQLite takes the other columns from the row that has the least.
            let rows = try connection.prepare(
                """
                SELECT j.error_kind, count(*), min(j.job_id), j.custom_id, j.source, j.line, j.error
                FROM jobs AS j INDEXED BY jobs_failed
                WHERE j.status IN ('failed', 'cancelled') AND j.status = 'failed' AND (
                    ?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
                    OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
                GROUP BY 1 ORDER BY 2 DESC, 1
                """)
            rows.bind(scope, at: 4)
            var failures: [FailureGroup] = []
            while try rows.step() {
                failures.append(
                    FailureGroup(
                        kind: rows.optionalText(0) ?? "unknown", count: rows.int(1), customID: rows.text(3),
                        source: rows.text(4), line: rows.optionalInteger(5).map(Int.init),
                        error: rows.optionalText(6) ?? ""))
            }
            return failures
        }
    }
}
