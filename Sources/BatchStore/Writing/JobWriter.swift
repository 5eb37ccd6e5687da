import BatchEngine

/// Stores jobs as lines give them.
///
/// A run reads its input while it works on the jobs that are there, in the order of their numbers. A known job that can
/// run only now, since it was replaced or is in the file again, is therefore made due at once: it may be behind.
struct JobWriter: ~Copyable {
    /// What is stored under an id.
    private struct Stored {
        var id: Int64
        var job: StoredJob
        var metadata: [UInt8]?
        var sample: Int?
        var check: [UInt8]?

        var provider: String { job.identity.model.provider }
    }

    private let insert: Statement
    private let load: Statement
    private let insertRequest: Statement
    private let find: Statement
    private let place: Statement
    private let annotate: Statement
    private let count: Statement
    private let unanswer: Statement
    private let replace: Statement
    private let replaceRequest: Statement
    /// The number of the next new job.
    private(set) var nextID: Int64
    /// Whether the index of ids is missing while a new file is loaded: all jobs are new, and no two have one id.
    var isLoading = false
    /// Whether the job before was there already: the next one is then likely to be, and is looked up first.
    private var expectsStored = false

    /// Stores a job, in a transaction of the caller's.
    ///
    /// - Parameter isEntering: whether a known job can run only now, though nothing of it changed.
    mutating func write(
        _ job: NewJob, onChanged policy: ChangedJobPolicy, isEntering: Bool, at now: Int64,
        in connection: borrowing Connection
    ) throws(SQLiteFailure) -> IngestOutcome {
        if isLoading {
            try load(job, at: now)
            return .new
        }
        if expectsStored, let stored = try stored(job.customID) {
            return try write(job, over: stored, onChanged: policy, isEntering: isEntering, at: now)
        }
        if try insert(job, at: now, in: connection) {
            expectsStored = false
            return .new
        }
        expectsStored = true
        guard let stored = try stored(job.customID) else {
            preconditionFailure("a job that is in the way has no request")
        }
        return try write(job, over: stored, onChanged: policy, isEntering: isEntering, at: now)
    }

    /// Stores a job unless its id is taken: one look-up finds that out.
    private mutating func insert(
        _ job: NewJob, at now: Int64, in connection: borrowing Connection
    ) throws(SQLiteFailure) -> Bool {
        bind(job, at: now, to: insert)
        try insert.run()
        guard connection.changes > 0 else { return false }
        try insertRequest(of: job)
        return true
    }

    /// Stores a job whose id nobody looks for.
    private mutating func load(_ job: NewJob, at now: Int64) throws(SQLiteFailure) {
        bind(job, at: now, to: load)
        try load.run()
        try insertRequest(of: job)
    }

    private func bind(_ job: NewJob, at now: Int64, to insert: borrowing Statement) {
        insert.bind(nextID, at: 1)
        insert.bind(job.customID, at: 2)
        insert.bind(job.source, at: 3)
        insert.bind(job.line, at: 4)
        insert.bind(job.provider, at: 5)
        insert.bind(job.model, at: 6)
        insert.bind(job.requestSHA256, at: 7)
        insert.bind(now, at: 8)
        insert.bind(job.sample, at: 9)
    }

    private mutating func insertRequest(of job: NewJob) throws(SQLiteFailure) {
        insertRequest.bind(nextID, at: 1)
        insertRequest.bind(utf8: job.metadata, at: 2)
        insertRequest.bind(utf8: job.request, at: 3)
        insertRequest.bind(utf8: job.check, at: 4)
        try insertRequest.run()
        nextID += 1
    }

    private func write(
        _ job: NewJob, over stored: Stored, onChanged policy: ChangedJobPolicy, isEntering: Bool, at now: Int64
    ) throws(SQLiteFailure) -> IngestOutcome {
        let outcome = IngestOutcome(job, over: stored.job, onChanged: policy)
        switch outcome {
        case .new, .conflict: break
        case .unchanged(let status):
            // What a completed job was sent to stays true.
            try update(
                stored, to: job, provider: status == .completed ? stored.provider : job.provider,
                isEntering: isEntering, at: now)
        case .kept:
            var kept = job
            (kept.metadata, kept.check) = (stored.metadata, stored.check)
            try update(stored, to: kept, provider: stored.provider, isEntering: isEntering, at: now)
        case .replaced: try exchange(stored, for: job, at: now)
        }
        return outcome
    }

    private func stored(_ customID: String) throws(SQLiteFailure) -> Stored? {
        find.bind(customID, at: 1)
        guard try find.step() else { return nil }
        let stored = Stored(
            id: find.integer(6), job: StoredJob(find), metadata: find.optionalBytes(7),
            sample: find.optionalInt(8), check: find.optionalBytes(9))
        find.reset()
        return stored
    }

    /// Writes only what differs.
    private func update(
        _ stored: Stored, to job: NewJob, provider: String, isEntering: Bool, at now: Int64
    ) throws(SQLiteFailure) {
        let identity = stored.job.identity
        let isEntering =
            isEntering && stored.job.status.canRun || identity.line == nil || identity.source != job.source
        if isEntering || identity.line != job.line || stored.provider != provider {
            place.bind(stored.id, at: 1)
            place.bind(job.source, at: 2)
            place.bind(job.line, at: 3)
            place.bind(provider, at: 4)
            place.bind(now, at: 5)
            place.bind(isEntering ? 1 : 0, at: 6)
            try place.run()
        }
        if stored.metadata != job.metadata || stored.check != job.check {
            annotate.bind(stored.id, at: 1)
            annotate.bind(utf8: job.metadata, at: 2)
            annotate.bind(utf8: job.check, at: 3)
            try annotate.run()
        }
        if let sample = job.sample, stored.sample != sample {
            count.bind(stored.id, at: 1)
            count.bind(sample, at: 2)
            try count.run()
        }
    }

    private func exchange(_ stored: Stored, for job: NewJob, at now: Int64) throws(SQLiteFailure) {
        unanswer.bind(stored.id, at: 1)
        try unanswer.run()
        replace.bind(stored.id, at: 1)
        replace.bind(job.provider, at: 2)
        replace.bind(job.model, at: 3)
        replace.bind(job.requestSHA256, at: 4)
        replace.bind(now, at: 5)
        try replace.run()
        replaceRequest.bind(stored.id, at: 1)
        replaceRequest.bind(utf8: job.request, at: 2)
        try replaceRequest.run()
        // It is due already.
        try update(stored, to: job, provider: job.provider, isEntering: false, at: now)
    }
}

extension JobStatus {
    /// Whether a job in this state waits to be sent.
    fileprivate var canRun: Bool { self == .pending || self == .interrupted }
}

// In an extension: a struct of noncopyable members must be made by its memberwise initialiser where one may throw.
extension JobWriter {
    /// Behind the numbers of jobs; those that others have given from here on are passed over.
    static let endOfNumbers: SQL = "4611686018427387904"

    private static let insertion: SQL = """
        INSERT INTO jobs (job_id, custom_id, source, line, provider, model, request_sha256, status, created_ms,
            updated_ms, sample)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', ?8, ?8, ?9)
        """

    /// Prepares its statements.
    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try self.init(
            insert: connection.prepare("\(Self.insertion) ON CONFLICT (custom_id) DO NOTHING"),
            load: connection.prepare(Self.insertion),
            insertRequest: connection.prepare(
                #"INSERT INTO requests (job_id, metadata, request, "check") VALUES (?1, ?2, ?3, ?4)"#),
            find: connection.prepare(
                """
                SELECT \(StoredJob.columns), j.job_id, r.metadata, j.sample, r."check"
                FROM jobs AS j JOIN requests AS r USING (job_id)
                WHERE j.custom_id = ?1
                """),
            place: connection.prepare(
                """
                UPDATE jobs SET source = ?2, line = ?3, provider = ?4, updated_ms = ?5,
                    not_before_ms = iif(
                        ?6 AND (status = 'pending' OR status = 'interrupted'), coalesce(not_before_ms, ?5),
                        not_before_ms)
                WHERE job_id = ?1
                """),
            annotate: connection.prepare(#"UPDATE requests SET metadata = ?2, "check" = ?3 WHERE job_id = ?1"#),
            count: connection.prepare("UPDATE jobs SET sample = ?2 WHERE job_id = ?1"),
            unanswer: connection.prepare("DELETE FROM completions WHERE job_id = ?1"),
            replace: connection.prepare(
                """
                UPDATE jobs SET provider = ?2, model = ?3, request_sha256 = ?4, status = 'pending', attempts = 0,
                    answers = 0, not_before_ms = ?5, error_kind = NULL, error = NULL
                WHERE job_id = ?1
                """),
            replaceRequest: connection.prepare("UPDATE requests SET request = ?2 WHERE job_id = ?1"),
            // There must be room behind it, whatever numbers others have given.
            nextID: (connection.integer("SELECT max(job_id) FROM jobs WHERE job_id < \(Self.endOfNumbers)") ?? 0) + 1)
    }
}
