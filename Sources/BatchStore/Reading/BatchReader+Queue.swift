package import BatchEngine
import LLMStreaming

extension BatchReader {
    /// A page of jobs ends once they have so many bytes for each that was asked for: lines may have megabytes, and every
    /// lane holds a page.
    private static let pageBytesPerJob = 64 << 10

    /// The lanes of all jobs that can run, found lane by lane in the indexes.
    package func lanes() throws(StoreError) -> [ModelName] {
        try read { (connection) throws(SQLiteFailure) in
            var lanes: [ModelName] = []
            var known: Set<ModelName> = []
            for query in [QueueQuery.readyLane, QueueQuery.waitingLane] {
                let row = try connection.prepare(query)
                var last = ModelName(provider: "", model: "")
                while true {
                    row.bind(last.provider, at: 1)
                    row.bind(last.model, at: 2)
                    guard try row.step() else { break }
                    last = ModelName(provider: row.text(0), model: row.text(1))
                    row.reset()
                    if known.insert(last).inserted { lanes.append(last) }
                }
            }
            return lanes
        }
    }

    /// The next jobs of a lane in scope, by number, that wait for nothing.
    func nextJobs(in lane: ModelName, after jobID: Int64, limit: Int, in scope: JobScope) throws(StoreError) -> [Job] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.ready)
            rows.bind(jobID, at: 1)
            rows.bind(limit, at: 2)
            rows.bind(scope, at: 4)
            rows.bind(lane, at: 6)
            return try jobs(rows, limit: limit, excluding: [], connection)
        }
    }

    /// The jobs of a lane in scope whose waiting time is over, the longest waiting first.
    func dueJobs(
        in lane: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>, in scope: JobScope
    ) throws(StoreError) -> [Job] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.due)
            rows.bind(now, at: 1)
            rows.bind(scope, at: 4)
            rows.bind(lane, at: 6)
            return try jobs(rows, limit: limit, excluding: running, connection)
        }
    }

    /// Of the waiting jobs of a lane in scope those with these numbers, and when each is due.
    func waitingTimes(
        of jobs: Set<Int64>, in lane: ModelName, in scope: JobScope
    ) throws(StoreError) -> [RetryTimes.Retry] {
        if jobs.isEmpty { return [] }
        return try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.nextDue)
            rows.bind(scope, at: 4)
            rows.bind(lane, at: 6)
            var times: [RetryTimes.Retry] = []
            while times.count < jobs.count, try rows.step() {
                let id = rows.integer(0)
                if jobs.contains(id) { times.append(RetryTimes.Retry(jobID: id, due: rows.integer(1))) }
            }
            return times
        }
    }

    /// Of these jobs of a lane those in scope whose waiting time is over, in their order here.
    func dueJobs(
        among jobs: [Int64], in lane: ModelName, at now: Int64, in scope: JobScope
    ) throws(StoreError) -> [Job] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.dueAmong)
            rows.bind(now, at: 1)
            rows.bind(utf8: JSON.array(jobs.map { .int(Int($0)) }).bytes, at: 2)
            rows.bind(scope, at: 4)
            rows.bind(lane, at: 6)
            return try self.jobs(rows, limit: jobs.count, excluding: [], connection)
        }
    }

    /// When the next waiting job of a lane in scope is due; nil if none waits.
    func nextDueTime(in lane: ModelName, excluding running: Set<Int64>, in scope: JobScope) throws(StoreError) -> Int64?
    {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.nextDue)
            rows.bind(scope, at: 4)
            rows.bind(lane, at: 6)
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
        let failures = try connection.prepare(QueueQuery.failures)
        var jobs: [Job] = []
        var bytes = 0
        while jobs.count < limit, bytes / Self.pageBytesPerJob < limit, try rows.step() {
            guard !running.contains(rows.integer(0)) else { continue }
            var job = Job(
                id: rows.integer(0), customID: rows.text(1), source: rows.text(2),
                line: rows.optionalInteger(3).map(Int.init),
                provider: rows.text(4), model: rows.text(5), requestSHA256: rows.text(6), request: rows.bytes(8),
                attempts: rows.optionalCount(7) ?? 0, attemptCount: rows.optionalCount(9) ?? 0)
            if job.attemptCount > 0 {
                job.partial = try partial(of: job, partials)
                job.recentFailures = try recentFailures(of: job, failures)
            }
            bytes += job.expectedBytes
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

    private func recentFailures(
        of job: Job, _ rows: borrowing Statement
    ) throws(SQLiteFailure) -> [RecentFailure] {
        rows.bind(job.id, at: 1)
        rows.bind(job.requestSHA256, at: 2)
        var failures: [RecentFailure] = []
        while try rows.step() {
            failures.append(
                RecentFailure(httpStatus: rows.optionalInt(0), code: rows.optionalText(1), message: rows.text(2)))
        }
        rows.reset()
        return failures
    }
}

extension Statement {
    /// Binds a lane to two parameters.
    fileprivate func bind(_ lane: ModelName, at index: Int32) {
        bind(lane.provider, at: index)
        bind(lane.model, at: index + 1)
    }
}
