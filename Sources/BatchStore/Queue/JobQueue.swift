package import BatchEngine
package import LLMStreaming

/// The jobs in a run's scope, and where its writes go: the store of a runner, over SQLite.
package struct JobQueue: JobStore {
    /// A page of jobs ends once they have so many bytes for each that was asked for: lines may have megabytes, and the
    /// runner holds a page of every model.
    private static let pageBytesPerJob = 64 << 10
    /// The most answers of a job that were not taken and are read again.
    private static let readRejections = 16

    let reader: BatchReader
    let writer: Writer
    let scope: JobScope
    let runID: Int64

    // MARK: Reading

    /// The models of all jobs that can run, found one after the other in the indexes.
    package func models() async throws -> [ModelName] {
        try await reader.read { (connection) throws(SQLiteFailure) in
            var models: [ModelName] = []
            var known: Set<ModelName> = []
            for query in [QueueQuery.readyModel, QueueQuery.waitingModel] {
                let row = try connection.prepare(query)
                var last = ModelName(provider: "", model: "")
                while true {
                    row.bind(last, at: 1)
                    guard try row.step() else { break }
                    last = ModelName(provider: row.text(0), model: row.text(1))
                    row.reset()
                    if known.insert(last).inserted { models.append(last) }
                }
            }
            return models
        }
    }

    package func nextJobs(for model: ModelName, after jobID: Int64, limit: Int) async throws -> [Job] {
        try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.ready)
            rows.bind(jobID, at: 1)
            rows.bind(limit, at: 2)
            rows.bind(scope)
            rows.bind(model, at: 6)
            return try Self.jobs(rows, limit: limit, connection)
        }
    }

    package func dueJobs(
        for model: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>
    ) async throws -> [Job] {
        try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.due)
            rows.bind(now, at: 1)
            rows.bind(scope)
            rows.bind(model, at: 6)
            return try Self.jobs(rows, limit: limit, excluding: running, connection)
        }
    }

    package func dueJobs(among jobs: [Int64], for model: ModelName, at now: Int64) async throws -> [Job] {
        try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.dueAmong)
            rows.bind(now, at: 1)
            rows.bind(list: jobs, at: 2)
            rows.bind(scope)
            rows.bind(model, at: 6)
            return try Self.jobs(rows, limit: jobs.count, connection)
        }
    }

    package func jobs(_ ids: [Int64]) async throws -> [Job] {
        if ids.isEmpty { return [] }
        return try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.asked)
            rows.bind(list: ids, at: 2)
            rows.bind(scope)
            return try Self.jobs(rows, limit: ids.count, connection)
        }
    }

    package func waitingTimes(of jobs: Set<Int64>, for model: ModelName) async throws -> [RetryTimes.Retry] {
        if jobs.isEmpty { return [] }
        return try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.nextDue)
            rows.bind(scope)
            rows.bind(model, at: 6)
            var times: [RetryTimes.Retry] = []
            while times.count < jobs.count, try rows.step() {
                let id = rows.integer(0)
                if jobs.contains(id) { times.append(RetryTimes.Retry(jobID: id, due: rows.integer(1))) }
            }
            return times
        }
    }

    package func nextDueTime(for model: ModelName, excluding running: Set<Int64>) async throws -> Int64? {
        try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(QueueQuery.nextDue)
            rows.bind(scope)
            rows.bind(model, at: 6)
            while try rows.step() {
                if !running.contains(rows.integer(0)) { return rows.integer(1) }
            }
            return nil
        }
    }

    package func metadata(of jobID: Int64) async throws -> [UInt8]? {
        try await reader.read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("SELECT metadata FROM requests WHERE job_id = ?1")
            rows.bind(jobID, at: 1)
            defer { rows.reset() }
            return try rows.step() ? rows.optionalBytes(0) : nil
        }
    }

    // MARK: Writing

    package func startAttempt(_ start: AttemptStart) -> Int64 {
        let (attemptID, wake) = writer.queue.append(start, runID: runID)
        writer.act(on: wake)
        return attemptID
    }

    package func storeChunks(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> Bool {
        let (hasRoom, wake) = writer.queue.append(
            chunks, of: attemptID, from: sequence, atMicroseconds: microseconds)
        writer.act(on: wake)
        return hasRoom
    }

    package func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { writer.queue.whenThereIsRoom(resume) }

    package func endAttempt(_ end: AttemptEnd) async throws {
        try await withCheckedThrowingContinuation { writer.act(on: writer.queue.append(end, $0)) }
    }
}

/// Jobs from their rows, with what earlier attempts left.
extension JobQueue {
    private static func jobs(
        _ rows: borrowing Statement, limit: Int, excluding running: Set<Int64> = [],
        _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [Job] {
        let partials = try connection.prepare(QueueQuery.partial)
        let failures = try connection.prepare(QueueQuery.failures)
        let rejections = try connection.prepare(QueueQuery.rejected)
        var jobs: [Job] = []
        var bytes = 0
        while jobs.count < limit, bytes / pageBytesPerJob < limit, try rows.step() {
            guard !running.contains(rows.integer(0)) else { continue }
            var job = Job(
                id: rows.integer(0), customID: rows.text(1), source: rows.text(2),
                line: rows.optionalInteger(3).map(Int.init),
                provider: rows.text(4), model: rows.text(5), requestSHA256: rows.text(6), request: rows.bytes(8),
                attempts: rows.optionalCount(7) ?? 0, attemptCount: rows.optionalCount(9) ?? 0)
            job.answers = rows.optionalCount(10) ?? 0
            job.check = rows.optionalBytes(11)
            job.sample = rows.optionalCount(12)
            if job.attemptCount > 0 {
                job.partial = try partial(of: job, partials)
                job.recentFailures = try recentFailures(of: job, failures)
            }
            if job.answers > 0 { job.rejected = try rejected(of: job, rejections) }
            bytes += job.rejected.reduce(job.expectedBytes) { $0 + ($1.answer?.byteCount ?? 0) }
            jobs.append(job)
        }
        return jobs
    }

    private static func partial(of job: Job, _ rows: borrowing Statement) throws(SQLiteFailure) -> StoredPartial? {
        rows.bind(job.id, at: 1)
        rows.bind(job.requestSHA256, at: 2)
        guard try rows.step() else { return nil }
        let (id, endpoint) = (rows.integer(0), rows.optionalText(2))
        let partial = rows.optionalBytes(1).flatMap {
            StoredPartial(attemptID: id, stored: $0, endpoint: endpoint)
        }
        rows.reset()
        return partial
    }

    private static func rejected(
        of job: Job, _ rows: borrowing Statement
    ) throws(SQLiteFailure) -> [RejectedAnswer] {
        rows.bind(job.id, at: 1)
        rows.bind(job.requestSHA256, at: 2)
        rows.bind(min(job.answers, readRejections), at: 3)
        var rejected: [RejectedAnswer] = []
        while try rows.step() {
            let id = rows.integer(0)
            rejected.append(
                RejectedAnswer(
                    attemptID: id, kind: rows.word(1, else: .invalidAnswer), code: rows.optionalText(2),
                    reason: rows.optionalText(3) ?? "",
                    answer: rows.optionalBytes(5).flatMap {
                        StoredPartial(attemptID: id, stored: $0, endpoint: nil)?.answer
                    },
                    completionTokens: rows.optionalCount(4)))
        }
        rows.reset()
        return rejected
    }

    private static func recentFailures(
        of job: Job, _ rows: borrowing Statement
    ) throws(SQLiteFailure) -> [RecentFailure] {
        rows.bind(job.id, at: 1)
        rows.bind(job.requestSHA256, at: 2)
        var failures: [RecentFailure] = []
        while try rows.step() {
            failures.append(
                RecentFailure(
                    httpStatus: rows.optionalInt(0), code: rows.optionalText(1), message: rows.text(2),
                    endpoint: rows.optionalText(3)))
        }
        rows.reset()
        return failures
    }
}

extension Statement {
    /// Binds provider and model to two parameters.
    fileprivate func bind(_ model: ModelName, at index: Int32) {
        bind(model.provider, at: index)
        bind(model.model, at: index + 1)
    }
}
