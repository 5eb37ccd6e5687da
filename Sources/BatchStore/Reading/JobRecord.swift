package import BatchEngine

/// A row of `jobs` with its metadata.
package struct JobRecord: Sendable, Equatable {
    package var id: Int64
    package var customID: String
    package var source: String
    /// Nil where its file no longer has it.
    package var line: Int?
    package var provider: String
    package var model: String
    package var requestSHA256: String
    package var status: JobStatus
    /// The attempts that counted.
    package var attempts: Int
    /// Until when it waits for another attempt, in Unix milliseconds.
    package var notBeforeMilliseconds: Int64?
    package var errorKind: String?
    package var error: String?
    package var createdMilliseconds: Int64
    package var updatedMilliseconds: Int64
    /// JSON.
    package var metadata: [UInt8]?
    /// Which of its line's samples it is, from 1; nil where the line is one job.
    package var sample: Int?

    /// The id of its line: its own without the number of the sample.
    package var baseID: String {
        guard let sample else { return customID }
        let ending = "#\(sample)".utf8
        // By bytes: to a reader the last character of the line's id may be one with the sign.
        guard customID.utf8.suffix(ending.count).elementsEqual(ending) else { return customID }
        return String(decoding: customID.utf8.dropLast(ending.count), as: UTF8.self)
    }

    /// What `init` reads of a job `j` and its request `r`.
    static let columns: SQL = """
        j.job_id, j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256, j.status, j.attempts,
            j.not_before_ms, j.error_kind, j.error, j.created_ms, j.updated_ms, r.metadata,
            (SELECT sample FROM jobs AS own WHERE own.job_id = j.job_id)
        """

    /// Reads a row that begins with `columns`.
    init(_ row: borrowing Statement) {
        id = row.integer(0)
        customID = row.text(1)
        source = row.text(2)
        line = row.optionalInteger(3).map(Int.init)
        provider = row.text(4)
        model = row.text(5)
        requestSHA256 = row.text(6)
        status = row.word(7, else: .pending)
        attempts = row.optionalCount(8) ?? 0
        notBeforeMilliseconds = row.optionalUnixMilliseconds(9)
        errorKind = row.optionalText(10)
        error = row.optionalText(11)
        createdMilliseconds = row.unixMilliseconds(12)
        updatedMilliseconds = row.unixMilliseconds(13)
        metadata = row.optionalBytes(14)
        sample = row.optionalInt(15)
    }
}

extension BatchReader {
    /// A job with its metadata; nil where no job has that id.
    package func job(customID: String) throws(StoreError) -> JobRecord? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                "SELECT \(JobRecord.columns) FROM jobs AS j JOIN requests AS r USING (job_id) WHERE j.custom_id = ?1")
            rows.bind(customID, at: 1)
            guard try rows.step() else { return nil }
            return JobRecord(rows)
        }
    }

    /// The request of a job as it is stored and sent: JSON.
    package func request(ofJob jobID: Int64) throws(StoreError) -> [UInt8]? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("SELECT request FROM requests WHERE job_id = ?1")
            rows.bind(jobID, at: 1)
            return try rows.step() ? rows.bytes(0) : nil
        }
    }
}
