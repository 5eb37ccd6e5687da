import BatchEngine

/// The worker's connection with everything prepared on it; one thread at a time uses it.
struct WriteSession: ~Copyable {
    let path: DatabasePath
    let options: StoreOptions
    let connection: Connection
    private let log: WriteAheadLogLength
    private let begin: Statement
    private let commit: Statement
    private var chunks: ChunkWriter
    private let attempts: AttemptWriter
    private let completions: CompletionWriter
    private let seconds: RunSecondWriter
    var jobs: JobWriter
    private var checkpointer: Checkpointer
    /// The number of the first attempt of this session.
    private(set) var nextAttemptID: Int64
    private let pageBytes: Int
    /// The database and its WAL, as they were when they were opened.
    private let files: [FileIdentity]

    /// A file that its name does not stand for any more, so that what is committed cannot be found; nil while all is in
    /// its place.
    var misplacedFile: String? { files.first { !$0.isInPlace }?.path }

    /// The number of the job that was stored last.
    var newestJobID: Int64 { jobs.nextID - 1 }

    /// The length of the WAL after the newest commit.
    var writeAheadLogBytes: Int { log.frames * pageBytes }

    /// Runs the body in one transaction; whatever throws rolls it back.
    mutating func transaction<Value>(
        _ body: (inout WriteSession) throws(SQLiteFailure) -> Value
    ) throws(SQLiteFailure) -> Value {
        try begin.run()
        do {
            let value = try body(&self)
            try commit.run()
            return value
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Writes a batch in its order, in one transaction.
    mutating func write(_ batch: borrowing WriteBatch) throws(SQLiteFailure) {
        try begin.run()
        do {
            var next = 0
            for write in batch.writes {
                switch write {
                case .chunks(let count):
                    try chunks.write(batch.chunks[next..<next + count], texts: batch.texts, in: connection)
                    next += count
                case .start(let start, let attemptID, let runID):
                    try attempts.write(start, attemptID: attemptID, runID: runID)
                case .end(let end, _): try self.write(end)
                case .give(let given, let id): try self.write(given, firstAttemptID: id)
                case .second(let second): try seconds.write(second)
                }
            }
            try commit.run()
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Writes an attempt that asked nobody.
    mutating func write(_ start: AttemptStart, _ end: AttemptEnd, runID: Int64) throws(SQLiteFailure) {
        try attempts.write(start, attemptID: end.attemptID, runID: runID)
        try write(end)
    }

    private mutating func write(_ end: AttemptEnd) throws(SQLiteFailure) {
        let isCurrent = try attempts.write(end, chunks: chunks.close(end.attemptID), in: connection)
        guard isCurrent, case .completed(let records) = end.transition else { return }
        try completions.write(records, of: end)
    }

    /// Stores jobs in one transaction; nothing of them where one is a conflict.
    ///
    /// - Parameter isEntering: whether known jobs can run only now, though nothing of them changed.
    mutating func ingest(
        _ new: [NewJob], onChanged policy: ChangedJobPolicy, isEntering: Bool
    ) throws(SQLiteFailure) -> [IngestOutcome] {
        let now = options.now
        var outcomes: [IngestOutcome] = []
        outcomes.reserveCapacity(new.count)
        var hasConflict = false
        try begin.run()
        do {
            for job in new {
                let outcome = try jobs.write(
                    job, onChanged: policy, isEntering: isEntering, at: now, in: connection)
                if case .conflict = outcome { hasConflict = true }
                outcomes.append(outcome)
            }
            // Of a job with another request other rows of the same parts are wanted.
            if outcomes.contains(.replaced) { try connection.execute(KnownParts.forgetTaken) }
            if hasConflict { connection.rollBack() } else { try commit.run() }
        } catch {
            connection.rollBack()
            throw error
        }
        return outcomes
    }

    // MARK: Upkeep

    /// Does what is due after a commit: checkpoints, and ranges of chunks that nobody needs.
    mutating func maintain() throws(SQLiteFailure) {
        if chunks.needsPruning(isLast: false) { try pruneChunks() }
        let frames = log.frames
        // The index of many ids is one long transaction, of which nothing is left in the WAL then.
        let isWhole = checkpointer.didCommit(frames: frames) == .checkpoint ? try checkpoint() : false
        if !isWhole, checkpointer.warns(frames: frames) {
            options.warn(
                "\(path.writeAheadLog) has grown beyond \(options.logWarningBytes >> 20) MiB: some program holds a"
                    + " read transaction on the database open"
                    + (options.isPublished ? ", as a large part for --shared does while it is made" : "")
                    + "; the file shrinks when it ends")
        }
    }

    /// Copies the WAL into the database, and so syncs it, as far as readers allow.
    ///
    /// - Returns: whether all of it is in the database.
    @discardableResult
    mutating func checkpoint() throws(SQLiteFailure) -> Bool {
        do {
            let checkpoint = try connection.checkpointPassively()
            checkpointer.didCheckpoint(frames: checkpoint.frames)
            return checkpoint.isWhole
        } catch  where error.isBusy {
            // Another process does it right now.
            checkpointer.didCheckpoint(frames: log.frames)
            return false
        }
    }

    /// Deletes a range of chunks that no open attempt needs.
    mutating func pruneChunks() throws(SQLiteFailure) {
        try transaction { (session) throws(SQLiteFailure) in try session.chunks.prune() }
    }

    /// Does the last writes of a worker and empties the WAL, unless a reader keeps it: the next worker goes on from it.
    mutating func finish() throws(SQLiteFailure) {
        var isWhole = false
        do {
            while chunks.needsPruning(isLast: true) { try pruneChunks() }
            isWhole = try connection.checkpointTruncating().isWhole
        } catch  where error.isBusy {
            // Another process writes, and keeps it too.
        }
        guard !isWhole else { return }
        options.warn(
            "\(path.writeAheadLog) holds what was stored last: another program reads or writes the database and keeps"
                + " it there. \(path.real) alone is not whole: copy or move both files together, or end that program"
                + " and run the same command again, which joins them")
    }
}

// In an extension: a struct of noncopyable members must be made by its memberwise initialiser where one may throw.
extension WriteSession {
    /// Numbers that others have given at the end of their range are passed over: there must be room behind the newest.
    private static let newestAttempt: SQL = "SELECT max(attempt_id) FROM attempts WHERE attempt_id < \(endOfAttempts)"

    /// Behind the numbers of attempts that a worker gives.
    static let endOfAttempts: SQL = "4611686018427387904"

    /// Goes on with numbers behind those of attempts and chunks that were taken from elsewhere; none of its own is open.
    mutating func countAnew() throws(SQLiteFailure) {
        chunks = try ChunkWriter(connection, retention: options.chunks)
        nextAttemptID = (try connection.integer(Self.newestAttempt) ?? 0) + 1
    }

    /// Prepares everything on a connection; the length of its WAL must be set on it, and live as long.
    init(
        _ connection: consuming Connection, log: WriteAheadLogLength, path: DatabasePath, options: StoreOptions
    ) throws(SQLiteFailure) {
        let pageBytes = Int(try connection.integer("PRAGMA page_size") ?? 4096)
        let newestAttemptID = try connection.integer(Self.newestAttempt) ?? 0
        let begin = try connection.prepare("BEGIN IMMEDIATE")
        let commit = try connection.prepare("COMMIT")
        let chunks = try ChunkWriter(connection, retention: options.chunks)
        let attempts = try AttemptWriter(connection)
        let completions = try CompletionWriter(connection)
        let seconds = try RunSecondWriter(connection)
        let jobs = try JobWriter(connection)
        self.init(
            path: path, options: options, connection: connection, log: log, begin: begin, commit: commit,
            chunks: chunks, attempts: attempts, completions: completions, seconds: seconds, jobs: jobs,
            checkpointer: Checkpointer(
                threshold: options.checkpointThreshold / pageBytes, warning: options.logWarningBytes / pageBytes),
            nextAttemptID: newestAttemptID + 1, pageBytes: pageBytes,
            files: [path.real, path.writeAheadLog].compactMap(FileIdentity.init))
    }
}
