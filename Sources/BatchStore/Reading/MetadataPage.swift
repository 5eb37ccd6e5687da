import BatchEngine
import LLMStreaming

extension BatchReader {
    /// The metadata of some jobs.
    package struct MetadataPage: Sendable, Equatable {
        /// JSON, in the order in which the jobs were stored.
        package var values: [[UInt8]]
        /// Behind which job the next page begins; nil for the last page.
        ///
        /// A page before it may be empty.
        package var next: Int64?
    }

    /// How many numbers of jobs a page of metadata looks at: a fraction of a second's work, however few pass the filter.
    private static let scannedJobs: Int64 = 50_000

    /// The metadata of the next jobs that pass a filter.
    ///
    /// - Parameters:
    ///   - jobID: the `next` of the page before; 0 for the first.
    ///   - filter: what a job must be.
    package func metadata(after jobID: Int64 = 0, filter: ResultFilter) throws(StoreError) -> MetadataPage {
        try read { (connection) throws(SQLiteFailure) in
            // From the next job that there is: between two of them may lie any number of numbers.
            let next = try connection.prepare("SELECT min(job_id) FROM jobs WHERE job_id > ?1")
            next.bind(jobID, at: 1)
            guard try next.step(), let first = next.optionalInteger(0) else {
                return MetadataPage(values: [], next: nil)
            }
            next.reset()
            let last = first.addingClamped(Self.scannedJobs)
            let rows = try connection.prepare(Self.metadataQuery)
            rows.bind(jobID, at: 1)
            rows.bind(last, at: 2)
            rows.bind(filter.includesGone ? 1 : 0, at: 3)
            filter.bind(to: rows)
            var page = MetadataPage(values: [], next: last)
            var bytes = 0
            while try rows.step() {
                page.values.append(rows.bytes(1))
                bytes += rows.bytes(1).count
                guard bytes >= Self.maximumPageBytes else { continue }
                page.next = rows.integer(0)
                rows.reset()
                break
            }
            return page
        }
    }

    private static let metadataQuery: StaticString = """
        SELECT j.job_id, r.metadata
        FROM jobs AS j CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.job_id > ?1 AND j.job_id <= ?2 AND r.metadata IS NOT NULL AND (?3 OR j.line IS NOT NULL)
            AND j.status IN (SELECT value FROM json_each(?4))
            AND (?5 IS NULL OR j.custom_id IN (SELECT value FROM json_each(?5)))
            AND (?6 IS NULL OR j.model IN (SELECT value FROM json_each(?6))
                OR j.provider || '/' || j.model IN (SELECT value FROM json_each(?6)))
            AND (?7 IS NULL OR j.error_kind IN (SELECT value FROM json_each(?7)))
            AND (?8 IS NULL OR EXISTS (
                SELECT 1 FROM completions AS c
                WHERE c.job_id = j.job_id AND c.finish_reason IN (SELECT value FROM json_each(?8))))
        ORDER BY j.job_id
        """

    /// How many jobs that their files no longer have pass a filter, whether or not it includes such.
    package func goneCount(passing filter: ResultFilter) throws(StoreError) -> Int {
        let sources = try sources()
        return try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare(Self.goneQuery)
            filter.bind(to: row)
            var count = 0
            for source in sources {
                row.bind(source, at: 1)
                if try row.step() { count += row.int(0) }
                row.reset()
            }
            return count
        }
    }

    private static let goneQuery: StaticString = """
        SELECT count(*) FROM jobs AS j INDEXED BY jobs_input
        WHERE j.source = ?1 AND j.line IS NULL
            AND j.status IN (SELECT value FROM json_each(?4))
            AND (?5 IS NULL OR j.custom_id IN (SELECT value FROM json_each(?5)))
            AND (?6 IS NULL OR j.model IN (SELECT value FROM json_each(?6))
                OR j.provider || '/' || j.model IN (SELECT value FROM json_each(?6)))
            AND (?7 IS NULL OR j.error_kind IN (SELECT value FROM json_each(?7)))
            AND (?8 IS NULL OR EXISTS (
                SELECT 1 FROM completions AS c
                WHERE c.job_id = j.job_id AND c.finish_reason IN (SELECT value FROM json_each(?8))))
        """
}
