extension BatchReader {
    /// The providers of the jobs in scope that can still run, sorted.
    ///
    /// - Parameter revived: whether failed and cancelled jobs count too, since they are about to be revived.
    package func providers(in scope: JobScope, revived: Bool = false) throws(StoreError) -> [String] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT DISTINCT j.provider
                FROM jobs AS j
                WHERE (j.status IN ('pending', 'interrupted', 'running') OR ?1 AND j.status IN ('failed', 'cancelled'))
                    AND (?4 = 0
                    OR ?4 = 1 AND j.source IN (SELECT value FROM json_each(?5)) AND j.line IS NOT NULL
                    OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
                ORDER BY 1
                """)
            rows.bind(revived ? 1 : 0, at: 1)
            rows.bind(scope, at: 4)
            var providers: [String] = []
            while try rows.step() { providers.append(rows.text(0)) }
            return providers
        }
    }
}
