extension BatchReader {
    /// Some jobs of a file by their ids.
    struct Identities: Sendable {
        var jobs: [(id: Int64, customID: String)]
        /// Where the last of them lies.
        var last: InputPosition
    }

    /// The next jobs that a file had when it was read last; nil where there are no more.
    func identities(from source: String, after position: InputPosition) throws(StoreError) -> Identities? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT job_id, custom_id, line FROM jobs INDEXED BY jobs_input
                WHERE source = ?1 AND line >= ?2 AND (line, job_id) > (?2, ?3)
                ORDER BY line, job_id
                LIMIT 10000
                """)
            rows.bind(source, at: 1)
            rows.bind(position.line, at: 2)
            rows.bind(position.jobID, at: 3)
            var page = Identities(jobs: [], last: position)
            while try rows.step() {
                page.jobs.append((rows.integer(0), rows.text(1)))
                page.last = InputPosition(line: Int(rows.integer(2)), jobID: rows.integer(0))
            }
            return page.jobs.isEmpty ? nil : page
        }
    }
}
