package import BatchEngine
package import LLMStreaming

/// Which jobs `results` gives; a job passes where it is in every set that is not nil.
package struct ResultFilter: Sendable, Equatable {
    package var statuses: Set<JobStatus>
    package var customIDs: Set<String>?
    /// Names of models, with or without their provider before a slash.
    package var models: Set<String>?
    package var errorKinds: Set<ErrorKind>?
    /// Those of any of the job's answers.
    package var finishReasons: Set<FinishReason>?
    /// Whether jobs pass that their file no longer has.
    package var includesGone = true

    package init(statuses: Set<JobStatus> = [.completed, .failed]) { self.statuses = statuses }

    /// Which jobs `j` are in the sets that are bound to ?4 to ?8, in a file or not; a set that is NULL has all.
    static let condition: SQL = """
        j.status IN (SELECT value FROM json_each(?4))
            AND (?5 IS NULL OR j.custom_id IN (SELECT value FROM json_each(?5)))
            AND (?6 IS NULL OR j.model IN (SELECT value FROM json_each(?6))
                OR j.provider || '/' || j.model IN (SELECT value FROM json_each(?6)))
            AND (?7 IS NULL OR j.error_kind IN (SELECT value FROM json_each(?7)))
            AND (?8 IS NULL OR EXISTS (
                SELECT 1 FROM completions AS c
                WHERE c.job_id = j.job_id AND c.finish_reason IN (SELECT value FROM json_each(?8))))
        """

    /// Binds the sets, as lists in JSON.
    func bind(to statement: borrowing Statement) {
        let lists: [[String]?] = [
            statuses.map(\.rawValue), customIDs.map(Array.init), models.map(Array.init),
            errorKinds?.map(\.rawValue), finishReasons?.map(\.rawValue),
        ]
        for (index, list) in lists.enumerated() {
            statement.bind(list: list, at: Int32(4 + index))
        }
    }
}

extension BatchReader {
    /// How many jobs that their files no longer have pass a filter, whether or not it includes such.
    package func goneCount(passing filter: ResultFilter) throws(StoreError) -> Int {
        let sources = try sources()
        return try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare(
                """
                SELECT count(*) FROM main.jobs AS j INDEXED BY jobs_input
                WHERE j.source = ?1 AND j.line IS NULL AND \(ResultFilter.condition)
                """)
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
}
