import BatchEngine

/// What came of taking a database into another.
package enum MergeOutcome: Sendable, Equatable {
    case merged
    /// Nothing of it was taken.
    case conflict(MergeConflict)
}

extension BatchDatabase {
    /// Takes everything of another database into this one, in one transaction: all of it, or nothing (Contract, "Merge").
    ///
    /// It is held under its own lock meanwhile. What of it was taken before is recognised and stays as it is.
    ///
    /// - Throws: why it cannot be used (`locked` where a worker has it), or why this one cannot be written.
    package func merge(_ source: String) async throws(StoreError) -> MergeOutcome {
        try await writer.merge(source)
    }

    /// How many answers were made twice by now, by databases that knew nothing of each other.
    package func repeatedAnswers() async throws(StoreError) -> RepeatedAnswers { try await reader.repeatedAnswers() }
}

/// Answers that were made again for jobs that had one: paid, and not shown.
package struct RepeatedAnswers: Sendable, Equatable {
    package var count: Int
    /// The output tokens in them.
    package var tokens: Int
}

extension BatchReader {
    func repeatedAnswers() throws(StoreError) -> RepeatedAnswers {
        try read { (connection) throws(SQLiteFailure) in
            // Only jobs with a second attempt: the index alone tells them.
            let row = try connection.prepare(
                """
                SELECT count(*), sum(a.completion_tokens) FILTER (WHERE a.completion_tokens BETWEEN 0 AND 1e12)
                FROM main.attempts AS t INDEXED BY attempts_of_job
                CROSS JOIN main.jobs AS j ON j.job_id = t.job_id
                CROSS JOIN main.attempts AS a ON a.job_id = t.job_id
                WHERE t.number = 2 AND j.status = 'completed' AND a.status = 'completed'
                    AND a.request_sha256 = j.request_sha256
                    AND NOT EXISTS (SELECT 1 FROM completions WHERE job_id = a.job_id AND attempt_id = a.attempt_id)
                """)
            _ = try row.step()
            return RepeatedAnswers(count: row.int(0), tokens: row.int(1))
        }
    }
}

extension Writer {
    fileprivate func merge(_ name: String) throws(StoreError) -> MergeOutcome {
        let source = try DatabasePath(name)
        let copy = try DatabasePath(DatabasePath(path).mergedCopy(.random()))
        defer { MergeSource.removeCopy(copy) }
        let opened = try MergeSource.open(source, copyingTo: copy, deadline: lockDeadline, options: options)
        let outcome: MergeOutcome
        do throws(StoreError) {
            outcome = try perform { (session) throws(SQLiteFailure) in try Merger.merge(opened.file, into: &session) }
        } catch {
            throw opened.naming(error)
        }
        opened.close()
        return outcome
    }
}
