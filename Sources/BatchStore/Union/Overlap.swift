/// The jobs that several databases have, as `merge` makes one of each: the databases themselves stay as they are.
///
/// They are gathered in a scratch database, so that memory does not grow with them.
package struct Overlap: Sendable {
    /// What scratch databases are named by in errors.
    static let name = "temporary files (SQLITE_TMPDIR, TMPDIR)"

    /// The paths of all databases, in the order in which they were given.
    private let paths: [String]
    /// The jobs in question, merged.
    package let merged: BatchReader

    /// Finds the jobs that several databases have; nil where there are none.
    ///
    /// - Throws: `UnionFault` for an id that stands for two requests.
    init?(of paths: [String]) async throws {
        var readers: [BatchReader] = []
        for path in paths { readers.append(try await BatchReader.open(path)) }
        let merged = try await BatchReader.scratch(named: Self.name)
        self.paths = paths
        self.merged = merged
        var isEmpty = true
        var ids = try await SharedIDs(readers)
        while case let shared = try await ids.next(), !shared.isEmpty {
            isEmpty = false
            try await merged.note(shared)
        }
        for reader in readers { await reader.close() }
        if isEmpty {
            await merged.close()
            return nil
        }
        for database in paths.indices where try await isShared(database) {
            if let conflict = try await gather(database, into: merged) { throw await fault(conflict, in: database) }
        }
    }

    /// Whether a database has such jobs.
    private func isShared(_ database: Int) async throws -> Bool {
        try await !merged.sharedJobs(of: database, after: nil, limit: 1).isEmpty
    }

    /// Merges what a database has of these jobs into a scratch.
    private func gather(_ database: Int, into scratch: BatchReader) async throws -> MergeConflict? {
        var last: Int64?
        while case let jobs = try await merged.sharedJobs(of: database, after: last), let newest = jobs.last {
            try await scratch.choose(jobs)
            last = newest
        }
        // Beside a reader, which takes away what SQLite leaves beside the file.
        let reader = try await BatchReader.open(paths[database])
        let conflict = try await scratch.gather(from: paths[database])
        await reader.close()
        return conflict
    }

    /// A scratch with what one database has of these jobs, to be closed; nil where it has none.
    package func excerpt(of database: Int) async throws -> BatchReader? {
        guard try await isShared(database) else { return nil }
        let scratch = try await BatchReader.scratch(named: Self.name)
        _ = try await gather(database, into: scratch)
        return scratch
    }

    /// Which of a database's jobs are none of these.
    package func alone(_ results: [JobResult], of database: Int) async throws -> [JobResult] {
        let shared = try await merged.shared(among: results.map(\.job.id), of: database)
        return shared.isEmpty ? results : results.filter { !shared.contains($0.job.id) }
    }

    package func close() async { await merged.close() }

    /// The conflict in words, with the first of the other databases that has the other request.
    private func fault(_ conflict: MergeConflict, in database: Int) async -> UnionFault {
        var other = "another database"
        for path in paths[..<database] {
            guard let reader = try? await BatchReader.open(path) else { continue }
            let isThere = (try? await reader.job(customID: conflict.customID)) != nil
            await reader.close()
            if isThere {
                other = path
                break
            }
        }
        return .conflict(conflict, source: paths[database], target: other)
    }
}

/// Why several databases are not read as one (exit status 2).
package enum UnionFault: Error, Sendable, Equatable {
    /// A database is named twice: by these names, and so on.
    case repeated(String, as: String)
    /// An id is another request in the database `source` than in `target`.
    case conflict(MergeConflict, source: String, target: String)
}

extension BatchReader {
    /// Notes, in a scratch database, that jobs have ids that another database has too.
    fileprivate func note(_ jobs: [SharedIDs.Job]) throws(StoreError) {
        try read { (connection) throws(SQLiteFailure) in
            try connection.transaction { () throws(SQLiteFailure) in
                let insert = try connection.prepare("INSERT OR IGNORE INTO notes.shared VALUES (?1, ?2)")
                for job in jobs {
                    insert.bind(job.database, at: 1)
                    insert.bind(job.job, at: 2)
                    try insert.run()
                }
            }
        }
    }

    /// The next of a database's jobs that were noted.
    fileprivate func sharedJobs(
        of database: Int, after job: Int64?, limit: Int = 10_000
    ) throws(StoreError) -> [Int64] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT job_id FROM notes.shared WHERE database = ?1 AND job_id > ?2 ORDER BY job_id LIMIT ?3
                """)
            rows.bind(database, at: 1)
            rows.bind(job ?? .min, at: 2)
            rows.bind(limit, at: 3)
            var jobs: [Int64] = []
            while try rows.step() { jobs.append(rows.integer(0)) }
            return jobs
        }
    }

    /// Which of these jobs of a database were noted.
    fileprivate func shared(among jobs: [Int64], of database: Int) throws(StoreError) -> Set<Int64> {
        try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare("SELECT 1 FROM notes.shared WHERE database = ?1 AND job_id = ?2")
            row.bind(database, at: 1)
            var shared: Set<Int64> = []
            for job in jobs {
                row.bind(job, at: 2)
                if try row.step() { shared.insert(job) }
                row.reset()
            }
            return shared
        }
    }
}
