package import BatchEngine
package import LLMStreaming

extension BatchDatabase {
    /// Stores jobs in one transaction.
    ///
    /// Where ids are random, such as hashes, each page rewrites most of their index; `beginLoad` saves that.
    ///
    /// Of a job that is there already only what differs is written.
    ///
    /// - Parameter isEntering: whether the known ones come into the scope of the run only now, though nothing of them
    ///   changed: they are made due.
    /// - Returns: what became of each, in their order. With a `conflict` among them nothing is stored.
    package func ingest(
        _ jobs: [NewJob], onChanged policy: ChangedJobPolicy, isEntering: Bool = false
    ) async throws(StoreError) -> [IngestOutcome] {
        try await writer.perform { (session) throws(SQLiteFailure) in
            try session.ingest(jobs, onChanged: policy, isEntering: isEntering)
        }
    }

    /// Lets the jobs of a new file be stored without the index of ids, which `endLoad` makes; without effect where a job is
    /// stored already.
    ///
    /// No two jobs that are handed in meanwhile may have one id.
    package func beginLoad() async throws(StoreError) {
        try await writer.perform { (session) throws(SQLiteFailure) in try session.beginLoad() }
    }

    /// Makes the index of ids: a second or two for a million jobs, in which nothing else is written.
    package func endLoad() async throws(StoreError) {
        try await writer.perform { (session) throws(SQLiteFailure) in try session.endLoad() }
    }

    /// The scope of an input that is read once, before any of it is stored.
    package func scopeOfInput() async throws(StoreError) -> JobScope {
        .input(after: try await writer.perform { (session) throws(SQLiteFailure) in session.newestJobID })
    }

    /// Notes which jobs of a file are not in it any more: `run` leaves them out, `resume` runs them.
    ///
    /// - Returns: how many were noted now.
    package func markGone(
        from source: String, unless isPresent: (_ customID: String) -> Bool
    ) async throws(StoreError) -> Int {
        var count = 0
        var place = PresentJobs.Place()
        while let page = try await reader.presentJobs(from: source, after: place) {
            place = page.last
            let gone = page.jobs.filter { !isPresent($0.customID) }.map(\.id)
            guard !gone.isEmpty else { continue }
            count += gone.count
            try await writer.transaction { (session) throws(SQLiteFailure) in
                let update = try session.connection.prepare(
                    "UPDATE jobs SET line = NULL, updated_ms = ?2 WHERE job_id = ?1")
                update.bind(session.options.now, at: 2)
                for id in gone {
                    update.bind(id, at: 1)
                    try update.run()
                }
            }
        }
        return count
    }

    /// Puts failed jobs back into the queue, from their partial output and with their attempts counted anew.
    ///
    /// - Returns: how many.
    package func revive(_ revival: Revival) async throws(StoreError) -> Int {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                """
                UPDATE jobs SET attempts = 0, answers = 0, error_kind = NULL, error = NULL, updated_ms = ?1,
                    status = \(StoredPartial.queuedStatus)
                WHERE \(Revival.condition) AND (?4 IS NULL OR job_id IN (SELECT value FROM json_each(?4)))
                """)
            update.bind(session.options.now, at: 1)
            update.bind(revival)
            update.bind(list: revival.jobs, at: 4)
            try update.run()
            return session.connection.changes
        }
    }

    /// Forgets the lines of a file that were left out before.
    package func forgetRejectedLines(of source: String) async throws(StoreError) {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let delete = try session.connection.prepare("DELETE FROM rejected_lines WHERE source = ?1")
            delete.bind(source, at: 1)
            try delete.run()
        }
    }

    /// Stores lines that were left out.
    package func store(_ lines: [RejectedLine]) async throws(StoreError) {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let insert = try session.connection.prepare(
                """
                INSERT INTO rejected_lines (source, line, reason, text) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET reason = excluded.reason, text = excluded.text
                """)
            for line in lines {
                insert.bind(line.source, at: 1)
                insert.bind(line.line, at: 2)
                insert.bind(line.reason, at: 3)
                insert.bind(line.text ?? "", at: 4)
                try insert.run()
            }
        }
    }
}

/// Which jobs `retry` puts back into the queue: those for which all that is set holds.
package struct Revival: Sendable, Equatable {
    /// Only these; nil for any.
    package var jobs: [Int64]?
    /// Only those that failed with one of these; empty for any.
    package var errorKinds: [ErrorKind]
    /// Whether cancelled ones are revived too.
    package var includesCancelled: Bool

    package init(jobs: [Int64]? = nil, errorKinds: [ErrorKind] = [], includesCancelled: Bool = false) {
        self.jobs = jobs
        self.errorKinds = errorKinds
        self.includesCancelled = includesCancelled
    }

    /// Which jobs those are, whichever they are by number, as ?2 and ?3 say.
    static let condition: SQL = """
        status IN ('failed', 'cancelled') AND (status = 'failed' OR ?2)
            AND (?3 = '[]' OR error_kind IN (SELECT value FROM json_each(?3)))
        """
}

extension Statement {
    /// Binds the parameters of `Revival.condition`.
    func bind(_ revival: Revival) {
        bind(revival.includesCancelled ? 1 : 0, at: 2)
        bind(list: revival.errorKinds.map(\.rawValue), at: 3)
    }
}

/// What became of a job that was handed in.
package enum IngestOutcome: Sendable, Equatable {
    /// It is stored.
    case new
    /// It was there, with the same request; its file, line and metadata are up to date.
    case unchanged(JobStatus)
    /// It was there with another request, which the new one replaced.
    case replaced
    /// It was there with another request, which stays.
    case kept(JobStatus)
    /// It is there with another request, and that is an error: nothing of what was handed in with it is stored.
    case conflict(StoredIdentity)

    /// What becomes of a job whose id is stored already.
    package init(_ job: NewJob, over stored: StoredJob, onChanged policy: ChangedJobPolicy) {
        if stored.identity.requestSHA256 == job.requestSHA256 {
            self = .unchanged(stored.status)
            return
        }
        switch policy {
        case .error: self = .conflict(stored.identity)
        case .keep: self = .kept(stored.status)
        case .replace: self = .replaced
        }
    }
}

/// What becomes of a job whose id is stored with another request (`--on-changed`; Contract, "Job lines").
package enum ChangedJobPolicy: String, Sendable, CaseIterable {
    /// It is an input error.
    case error
    /// Its answer is deleted and the new request runs; its attempts stay, their text is not used.
    case replace
    /// The stored request stays.
    case keep
}
