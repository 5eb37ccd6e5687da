import BatchEngine
import LLMStreaming

/// Some jobs in the order of their input.
package struct ResultPage: Sendable, Equatable {
    /// Where the next page begins.
    package struct Cursor: Sendable, Equatable {
        /// The files that are left, the current one first.
        var sources: [String]
        /// The line, id and number of the job before; the line is nil among those that the file no longer has, which come
        /// last.
        var line: Int?
        var customID: String
        var jobID: Int64

        /// The beginning of a file.
        init(sources: [String]) {
            self.sources = sources
            line = 0
            customID = ""
            jobID = 0
        }
    }

    package var results: [JobResult]
    /// Nil for the last page.
    ///
    /// A page before it may be empty.
    package var next: Cursor?
}

/// A job with what became of it: a line of `results`.
package struct JobResult: Sendable, Equatable {
    package var job: JobRecord
    /// Its answers by choice; none for a job that is not completed.
    package var completions: [StoredCompletion]
    /// The HTTP status of the newest attempt.
    package var httpStatus: Int?
    /// The provider's own code of the newest attempt's error, such as `insufficient_quota`.
    package var errorCode: String?
    /// The provider's name of the newest attempt's request.
    package var requestID: String?
    /// Of a job without an answer, from its attempts, as `completions` has it of the others: the time to the first
    /// content of the first attempt that brought any, and the sum of all.
    package var firstChunkMicroseconds: Int64?
    package var durationMicroseconds: Int64?
    /// The request as it is stored and sent, JSON; nil where it was not asked for.
    package var request: [UInt8]?
    /// What its line says a right answer is, JSON; nil where it says nothing, and with the request.
    package var check: [UInt8]?
}

extension BatchReader {
    /// The files that jobs came from, in the order in which they were first stored.
    package func sources() throws(StoreError) -> [String] {
        try read { (connection) throws(SQLiteFailure) in try connection.texts(Self.sourceQuery) }
    }

    /// Goes from file to file in the index instead of over all its rows.
    static let sourceQuery: SQL = """
        WITH RECURSIVE files (source) AS (
            SELECT min(source) FROM main.jobs
            UNION ALL
            SELECT (SELECT min(j.source) FROM main.jobs AS j WHERE j.source > files.source)
            FROM files WHERE files.source IS NOT NULL
        )
        SELECT source FROM files WHERE source IS NOT NULL
        ORDER BY coalesce(
            (SELECT j.job_id FROM main.jobs AS j WHERE j.source = files.source AND j.line >= 1 ORDER BY j.line LIMIT 1),
            (SELECT j.job_id FROM main.jobs AS j WHERE j.source = files.source LIMIT 1))
        """

    /// The bytes at which a page of answers or chunks ends: an answer may have megabytes.
    static let maximumPageBytes = 4 << 20

    /// The next jobs that pass a filter, in the order of the input: file by file, line by line; then those that a file no
    /// longer has.
    ///
    /// - Parameters:
    ///   - cursor: the `next` of the page before; nil for the first.
    ///   - filter: what a job must be.
    ///   - withRequests: whether the requests are read too.
    ///   - limit: the most jobs of a page.
    package func results(
        after cursor: ResultPage.Cursor? = nil, filter: ResultFilter = ResultFilter(), withRequests: Bool = false,
        limit: Int = 256
    ) throws(StoreError) -> ResultPage {
        var cursor = if let cursor { cursor } else { ResultPage.Cursor(sources: try sources()) }
        guard let source = cursor.sources.first else { return ResultPage(results: [], next: nil) }
        let (results, isFull) = try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(cursor.line == nil ? Self.goneResults : Self.lineResults)
            rows.bind(source, at: 1)
            rows.bind(cursor.line, at: 2)
            if cursor.line == nil { rows.bind(cursor.jobID, at: 3) } else { rows.bind(cursor.customID, at: 3) }
            filter.bind(to: rows)
            rows.bind(limit, at: 9)
            rows.bind(withRequests ? 1 : 0, at: 10)
            let completions = try connection.prepare(StoredCompletion.query)
            var results: [JobResult] = []
            var bytes = 0
            while bytes < Self.maximumPageBytes, try rows.step() {
                results.append(try result(rows, completions))
                bytes += results[results.count - 1].bytes
            }
            return (results, isFull: results.count == limit || bytes >= Self.maximumPageBytes)
        }
        if let last = results.last, isFull {
            cursor.line = last.job.line
            cursor.customID = last.job.customID
            cursor.jobID = last.job.id
        } else if cursor.line != nil, filter.includesGone {
            cursor.line = nil
            cursor.jobID = 0
        } else {
            cursor = ResultPage.Cursor(sources: Array(cursor.sources.dropFirst()))
        }
        return ResultPage(results: results, next: cursor.sources.isEmpty ? nil : cursor)
    }

    /// A job from a row of one of the queries, with its answers.
    func result(
        _ rows: borrowing Statement, _ completions: borrowing Statement
    ) throws(SQLiteFailure) -> JobResult {
        var result = JobResult(
            job: JobRecord(rows), completions: [], httpStatus: rows.optionalInt(16),
            errorCode: rows.optionalText(18), requestID: rows.optionalText(17),
            firstChunkMicroseconds: rows.optionalMicroseconds(20), durationMicroseconds: rows.optionalMicroseconds(21),
            request: rows.optionalBytes(19), check: rows.optionalBytes(22))
        guard result.job.status == .completed else { return result }
        completions.bind(result.job.id, at: 1)
        while try completions.step() { result.completions.append(StoredCompletion(completions)) }
        return result
    }

    /// Those that are on a line of the file; in a merged database several may be, of files with the same name.
    static let lineResults = query(
        where: "j.line >= ?2 AND (j.line, j.custom_id) > (?2, ?3)", orderedBy: "j.line, j.custom_id")
    /// Those that the file no longer has.
    static let goneResults = query(where: "j.line IS NULL AND j.job_id > ?3", orderedBy: "j.line, j.job_id")

    /// The job ?1, where it has ended.
    static let jobResult: SQL = """
        SELECT \(columns), NULL, \(times), NULL
        FROM jobs AS j \(joins)
        WHERE j.job_id = ?1 AND j.status IN ('completed', 'failed', 'cancelled')
        """

    /// What `result` reads, but for the request; the response is that of the newest attempt.
    private static let columns: SQL = "\(JobRecord.columns), a.http_status, a.request_id, a.error_code"
    /// The first chunk and the time of all attempts of a job without an answer, whose completion would tell them.
    private static let times: SQL = """
        CASE WHEN j.status <> 'completed' THEN (
            SELECT first_chunk_us FROM attempts AS t
            WHERE t.job_id = j.job_id AND t.request_sha256 = j.request_sha256 AND t.first_chunk_us IS NOT NULL
            ORDER BY t.number LIMIT 1
        ) END,
        CASE WHEN j.status <> 'completed' THEN (
            SELECT sum(duration_us) FILTER (WHERE duration_us BETWEEN 0 AND 1e15) FROM attempts AS t
            WHERE t.job_id = j.job_id AND t.request_sha256 = j.request_sha256
        ) END
        """
    private static let joins: SQL = """
        CROSS JOIN requests AS r ON r.job_id = j.job_id
        LEFT JOIN attempts AS a ON a.job_id = j.job_id
            AND a.number = (SELECT max(number) FROM attempts WHERE job_id = j.job_id)
        """

    /// The jobs of the file ?1 that pass a filter, ?9 at the most, with the response of their newest attempt and the
    /// times of those without an answer; and where ?10 holds, with their requests.
    ///
    /// - Parameter isNext: whether a job comes after the one on the line ?2 with the id or number ?3.
    private static func query(where isNext: SQL, orderedBy order: SQL) -> SQL {
        """
        SELECT \(columns), CASE WHEN ?10 THEN r.request END, \(times), CASE WHEN ?10 THEN r."check" END
        FROM main.jobs AS j INDEXED BY jobs_input \(joins)
        WHERE j.source = ?1 AND \(isNext) AND \(ResultFilter.condition)
        ORDER BY \(order)
        LIMIT ?9
        """
    }
}

extension JobResult {
    /// About how much memory it takes.
    var bytes: Int {
        completions.reduce((job.metadata?.count ?? 0) + (request?.count ?? 0)) { sum, completion in
            sum + completion.content.utf8.count + (completion.reasoning?.utf8.count ?? 0) + completion.message.count
                + (completion.toolCalls?.count ?? 0)
        }
    }
}

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
