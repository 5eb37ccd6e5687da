package import BatchEngine

extension BatchReader {
    /// The models of the jobs in scope that can still run, sorted.
    ///
    /// - Parameter revived: whether failed and cancelled jobs count too, since they are about to be revived.
    package func models(in scope: JobScope, revived: Bool = false) throws(StoreError) -> [ModelName] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT DISTINCT j.provider, j.model
                FROM jobs AS j
                WHERE (j.status IN ('pending', 'interrupted', 'running') OR ?1 AND j.status IN ('failed', 'cancelled'))
                    AND (?4 = 0
                    OR ?4 = 1 AND j.source IN (SELECT value FROM json_each(?5)) AND j.line IS NOT NULL
                    OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
                ORDER BY 1, 2
                """)
            rows.bind(revived ? 1 : 0, at: 1)
            rows.bind(scope, at: 4)
            var names: [ModelName] = []
            while try rows.step() { names.append(ModelName(provider: rows.text(0), model: rows.text(1))) }
            return names
        }
    }
}
