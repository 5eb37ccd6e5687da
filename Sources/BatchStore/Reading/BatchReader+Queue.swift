import BatchEngine

extension BatchReader {
    /// The next jobs in scope, by number, that wait for nothing.
    func nextJobs(after jobID: Int64, limit: Int, in scope: JobScope) throws(StoreError) -> [Job] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.ready)
            rows.bind(jobID, at: 1)
            rows.bind(limit, at: 2)
            rows.bind(scope, at: 4)
            return try jobs(rows, limit: limit, excluding: [], connection)
        }
    }

    /// The jobs in scope whose waiting time is over, the longest waiting first.
    func dueJobs(
        at now: Int64, limit: Int, excluding running: Set<Int64>, in scope: JobScope
    ) throws(StoreError) -> [Job] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.due)
            rows.bind(now, at: 1)
            rows.bind(scope, at: 4)
            return try jobs(rows, limit: limit, excluding: running, connection)
        }
    }

    /// When the next waiting job in scope is due; nil if none waits.
    func nextDueTime(excluding running: Set<Int64>, in scope: JobScope) throws(StoreError) -> Int64? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.nextDue)
            rows.bind(scope, at: 4)
            while try rows.step() {
                if !running.contains(rows.integer(0)) { return rows.integer(1) }
            }
            return nil
        }
    }

    private func jobs(
        _ rows: borrowing Statement, limit: Int, excluding running: Set<Int64>, _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [Job] {
        let partials = try connection.prepare(QueueQuery.partial)
        var jobs: [Job] = []
        while jobs.count < limit, try rows.step() {
            guard !running.contains(rows.integer(0)) else { continue }
            var job = Job(
                id: rows.integer(0), customID: rows.text(1), source: rows.text(2), line: rows.optionalInt(3),
                provider: rows.text(4), model: rows.text(5), requestSHA256: rows.text(6), request: rows.bytes(8),
                attempts: rows.int(7), attemptCount: rows.int(9))
            if job.attemptCount > 0 { job.partial = try partial(of: job, partials) }
            jobs.append(job)
        }
        return jobs
    }

    private func partial(of job: Job, _ rows: borrowing Statement) throws(SQLiteFailure) -> StoredPartial? {
        rows.bind(job.id, at: 1)
        rows.bind(job.requestSHA256, at: 2)
        guard try rows.step() else { return nil }
        let partial = StoredPartial(attemptID: rows.integer(0), stored: rows.bytes(1))
        rows.reset()
        return partial
    }
}
