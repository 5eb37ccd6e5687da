/// The jobs of an input that is read once: what it names of those that are stored, and what became of them.
extension BatchReader {
    /// The numbers of the jobs with these ids, in their order; ids that no job has are left out.
    package func numbers(ofJobs customIDs: [String]) throws(StoreError) -> [Int64] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("SELECT job_id FROM jobs WHERE custom_id = ?1")
            var numbers: [Int64] = []
            for id in customIDs {
                rows.bind(id, at: 1)
                if try rows.step() { numbers.append(rows.integer(0)) }
                rows.reset()
            }
            return numbers
        }
    }

    /// Enters jobs into the scope of the input (`JobScope.input`), which is this reader's alone.
    package func enter(_ jobs: [Int64]) throws(StoreError) {
        if jobs.isEmpty { return }
        try read { (connection) throws(SQLiteFailure) in
            try connection.execute("PRAGMA query_only = OFF")
            let insert = try connection.prepare("INSERT OR IGNORE INTO temp.input_jobs (job_id) VALUES (?1)")
            try connection.execute("BEGIN")
            for job in jobs {
                insert.bind(job, at: 1)
                try insert.run()
            }
            try connection.execute("COMMIT")
            try connection.execute("PRAGMA query_only = ON")
        }
    }

    /// What became of these jobs, in their order: of the first of them, as many as a page holds, and at least of one.
    ///
    /// - Returns: nil in the place of a job that has not ended.
    package func results(ofJobs jobs: some Collection<Int64>) throws(StoreError) -> [JobResult?] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(Self.jobResult)
            let completions = try connection.prepare(StoredCompletion.query)
            var results: [JobResult?] = []
            var bytes = 0
            for job in jobs where bytes < Self.maximumPageBytes {
                rows.bind(job, at: 1)
                let result = try rows.step() ? try result(rows, completions) : nil
                rows.reset()
                results.append(result)
                bytes += result?.bytes ?? 0
            }
            return results
        }
    }

    /// Why a line was left out; nil where it was not.
    package func rejection(ofLine line: Int, in source: String) throws(StoreError) -> String? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("SELECT reason FROM rejected_lines WHERE source = ?1 AND line = ?2")
            rows.bind(source, at: 1)
            rows.bind(line, at: 2)
            return try rows.step() ? rows.text(0) : nil
        }
    }
}
