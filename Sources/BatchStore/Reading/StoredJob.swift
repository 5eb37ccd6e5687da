package import BatchEngine

/// What is stored under an id, and how far it is.
package struct StoredJob: Sendable, Equatable {
    package var identity: StoredIdentity
    package var status: JobStatus
}

/// Which request is stored under an id, and where it came from.
package struct StoredIdentity: Sendable, Equatable {
    package var requestSHA256: String
    package var source: String
    /// Nil where its file no longer has it.
    package var line: Int?
    /// What it was asked of.
    package var model: ModelName
}

extension StoredJob {
    /// What `init` reads of a job `j`.
    static let columns: SQL = "j.request_sha256, j.source, j.line, j.status, j.provider, j.model"

    /// Reads a row that begins with `columns`.
    init(_ row: borrowing Statement) {
        identity = StoredIdentity(
            requestSHA256: row.text(0), source: row.text(1), line: row.optionalInteger(2).map(Int.init),
            model: ModelName(provider: row.text(4), model: row.text(5)))
        status = row.word(3, else: .pending)
    }
}

extension BatchReader {
    /// What is stored under each of these ids; nil for those that are not stored.
    package func existing(customIDs: [String]) throws(StoreError) -> [StoredJob?] {
        try read { (connection) throws(SQLiteFailure) in
            // By bytes: what is equal to a reader may be two ids.
            var found: [[UInt8]: StoredJob] = [:]
            // One statement: where the index of ids is missing (see `IDIndex`), it goes through the jobs once.
            let rows = try connection.prepare(
                """
                SELECT \(StoredJob.columns), j.custom_id FROM jobs AS j
                WHERE j.custom_id IN (SELECT value FROM json_each(?1))
                """)
            rows.bind(list: customIDs, at: 1)
            while try rows.step() { found[rows.bytes(6)] = StoredJob(rows) }
            // `json_each` ends a text at its first U+0000.
            for id in customIDs where id.utf8.contains(0) {
                let row = try connection.prepare("SELECT \(StoredJob.columns) FROM jobs AS j WHERE j.custom_id = ?1")
                row.bind(id, at: 1)
                found[Array(id.utf8)] = try row.step() ? StoredJob(row) : nil
            }
            return customIDs.map { found[Array($0.utf8)] }
        }
    }
}

/// Some jobs of a file by their ids.
struct PresentJobs: Sendable {
    /// A place in the order of a file's jobs.
    struct Place: Sendable {
        var line = 0
        var jobID: Int64 = 0
    }

    var jobs: [(id: Int64, customID: String)] = []
    /// Where the last of them lies.
    var last: Place
}

extension BatchReader {
    /// The next jobs that a file had when it was read last; nil where there are no more.
    func presentJobs(from source: String, after place: PresentJobs.Place) throws(StoreError) -> PresentJobs? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT job_id, custom_id, line FROM main.jobs INDEXED BY jobs_input
                WHERE source = ?1 AND line >= ?2 AND (line, job_id) > (?2, ?3)
                ORDER BY line, job_id
                LIMIT 10000
                """)
            rows.bind(source, at: 1)
            rows.bind(place.line, at: 2)
            rows.bind(place.jobID, at: 3)
            var page = PresentJobs(last: place)
            while try rows.step() {
                page.jobs.append((rows.integer(0), rows.text(1)))
                page.last = PresentJobs.Place(line: Int(rows.integer(2)), jobID: rows.integer(0))
            }
            return page.jobs.isEmpty ? nil : page
        }
    }
}
