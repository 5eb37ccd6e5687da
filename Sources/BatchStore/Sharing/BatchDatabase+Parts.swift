package import BatchEngine
import LLMStreaming

/// What a database knows of a shared folder: which of its parts it made itself, and which it has taken.
package struct KnownParts: Sendable, Equatable {
    /// The runs of this database that noted their own end: all that they published is stored here.
    ///
    /// Of others it may have lost what it was given last, as where the power failed, or a copy of it was put back.
    package var own: Set<WorkerName> = []
    /// Up to which number each worker's parts were taken, with the jobs that are stored now, or were made of what is
    /// stored.
    package var taken: [WorkerName: Int] = [:]

    /// Has the next run look at all parts again.
    static let forgetTaken: SQL = """
        UPDATE runs SET options = json_remove(options, '$.sharing.took') WHERE options -> '$.sharing.took' IS NOT NULL
        """
}

extension BatchReader {
    /// What was published and taken by now.
    package func knownParts() throws(StoreError) -> KnownParts {
        try read { (connection) throws(SQLiteFailure) in
            var known = KnownParts()
            let own: SQL = """
                SELECT options ->> '$.sharing.worker' FROM runs
                WHERE options ->> '$.sharing.by' = options ->> '$.sharing.worker'
                """
            for text in try connection.texts(own) {
                if let worker = WorkerName(text[...]) { known.own.insert(worker) }
            }
            // With other jobs other rows of the same parts are wanted.
            let taken = try connection.prepare(
                """
                SELECT e.key, e.value FROM runs AS r CROSS JOIN json_each(r.options, '$.sharing.took') AS e
                WHERE r.options ->> '$.sharing.jobs' = (SELECT coalesce(max(job_id), 0) FROM jobs)
                UNION ALL
                SELECT options ->> '$.sharing.worker', options ->> '$.sharing.made' FROM runs
                WHERE options ->> '$.sharing.made' IS NOT NULL
                """)
            while try taken.step() {
                guard let worker = WorkerName(taken.text(0)[...]) else { continue }
                known.taken[worker] = max(known.taken[worker] ?? 0, taken.int(1))
            }
            return known
        }
    }

    /// The number of the newest job: with the same one the same jobs are stored, but for their requests.
    package func newestJob() throws(StoreError) -> Int64 {
        try read { (connection) throws(SQLiteFailure) in
            try connection.integer("SELECT coalesce(max(job_id), 0) FROM jobs") ?? 0
        }
    }

    /// The numbers of the jobs in scope that have ended.
    package func endedJobs(in scope: JobScope) throws(StoreError) -> [Int64] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.job_id FROM jobs AS j
                WHERE j.status IN ('completed', 'failed', 'cancelled') AND \(JobScope.condition) ORDER BY 1
                """)
            rows.bind(scope)
            var numbers: [Int64] = []
            while try rows.step() { numbers.append(rows.integer(0)) }
            return numbers
        }
    }
}

extension BatchDatabase {
    /// Takes from parts what they have of the jobs that are stored here: answers, failures, partial text.
    ///
    /// A job is the same where its id and its request's hash are. All else in the parts, such as jobs of another input, is
    /// left alone. Before the run begins: its numbers of attempts follow those that are taken.
    /// - Parameters:
    ///   - cover: the parts that may hold some.
    ///   - shard: what this database is of; the runs that are taken become runs of it.
    ///   - numbers: what was taken before.
    package func takeIn(
        _ cover: PartCover, in folder: SharedFolder, shard: JobShard?, since numbers: [WorkerName: Int]
    ) async throws(StoreError) -> TakenParts {
        try await writer.takeIn(cover, in: folder, shard: shard, since: numbers)
    }

    /// Merges parts as databases (Contract, "Merge").
    ///
    /// - Returns: the conflict, where an id is there with another request, with the part that has it: nothing of that
    ///   part, and of those behind it, was taken.
    package func merge(
        _ cover: PartCover, in folder: SharedFolder
    ) async throws(StoreError) -> (taken: TakenParts, conflict: (PartName, MergeConflict)?) {
        try await writer.merge(cover, in: folder)
    }

    /// Notes that a run has made its parts up to a number.
    ///
    /// What they hold was committed before: whatever else the database loses, it has that as long as it has the note.
    package func noteMade(upTo number: Int, by worker: WorkerName) async throws(StoreError) {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                """
                UPDATE runs SET options = json_set(options, '$.sharing.made', ?1)
                WHERE options ->> '$.sharing.worker' = ?2
                """)
            update.bind(number, at: 1)
            update.bind(worker.text, at: 2)
            try update.run()
        }
    }

    /// Notes that all that the runs of this database made is in parts of a folder.
    ///
    /// - Parameters:
    ///   - notes: those that are there, as they were believed.
    ///   - worker: the run whose parts hold what was not there.
    package func notePublished(_ notes: PublishedNotes, by worker: WorkerName) async throws(StoreError) {
        try await writer.transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                """
                UPDATE runs SET options = json_patch(
                    options, json_object('sharing', json_object('published', ?1, 'by', ?2)))
                WHERE options ->> '$.sharing.taken' IS NULL AND (options ->> '$.sharing.published' IS NOT ?1
                    OR ?3 IS NOT NULL AND coalesce(options ->> '$.sharing.by', options ->> '$.sharing.worker', '')
                        NOT IN (SELECT value FROM json_each(?3)))
                """)
            update.bind(notes.folder, at: 1)
            update.bind(worker.text, at: 2)
            update.bind(list: notes.workers?.map(\.text), at: 3)
            try update.run()
        }
    }
}

extension Writer {
    fileprivate func takeIn(
        _ cover: PartCover, in folder: SharedFolder, shard: JobShard?, since numbers: [WorkerName: Int]
    ) throws(StoreError) -> TakenParts {
        let taken = try read(cover, in: folder, since: numbers) { (copy, part) throws(StoreError) in
            try perform { (session) throws(SQLiteFailure) in try PartTaker.take(copy, shard: shard, into: &session) }
        }
        queue.open(nextAttemptID: session?.nextAttemptID ?? 1)
        return taken
    }

    fileprivate func merge(
        _ cover: PartCover, in folder: SharedFolder
    ) throws(StoreError) -> (taken: TakenParts, conflict: (PartName, MergeConflict)?) {
        var found: (PartName, MergeConflict)?
        let taken = try read(cover, in: folder, since: [:]) { (copy, part) throws(StoreError) in
            var refusal: String?
            let outcome = try perform { (session) throws(SQLiteFailure) -> MergeOutcome? in
                do throws(SQLiteFailure) { return try Merger.merge(copy, into: &session) } catch {
                    guard let reason = error.reasonAgainstPart else { throw error }
                    refusal = reason
                    return nil
                }
            }
            if case .conflict(let conflict)? = outcome {
                found = (part, conflict)
                return nil
            }
            if let refusal { return .unusable(refusal) }
            return .whole
        }
        return (taken, found)
    }
}
