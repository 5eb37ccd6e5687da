import LLMStreaming

/// The metadata of some jobs.
package struct MetadataPage: Sendable, Equatable {
    /// JSON, in the order in which the jobs were stored.
    package var values: [[UInt8]]
    /// Behind which job the next page begins; nil for the last page.
    ///
    /// A page before it may be empty.
    package var next: Int64?
}

extension BatchReader {
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
            let rows = try connection.prepare(
                """
                SELECT j.job_id, r.metadata
                FROM jobs AS j CROSS JOIN requests AS r ON r.job_id = j.job_id
                WHERE j.job_id > ?1 AND j.job_id <= ?2 AND r.metadata IS NOT NULL AND (?3 OR j.line IS NOT NULL)
                    AND \(ResultFilter.condition)
                ORDER BY j.job_id
                """)
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
}
