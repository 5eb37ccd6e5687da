package import BatchEngine

/// A database in the hands of its one worker: everything that writes, and a reader beside it.
package final class BatchDatabase: Sendable {
    /// The real path of the file.
    package let path: String
    /// Reads what is committed, on a connection and a thread of its own.
    package let reader: BatchReader
    let writer: Writer

    private init(path: String, writer: Writer, reader: BatchReader) {
        self.path = path
        self.writer = writer
        self.reader = reader
    }

    /// Opens a database, or makes it, and takes its lock; what a worker that died has left is put in order first.
    ///
    /// Waits while another process holds the write lock.
    ///
    /// - Throws: `locked` with the holder, or why the file is refused; a refused file is left as it is.
    package static func open(
        _ path: String, options: StoreOptions = StoreOptions()
    ) async throws(StoreError) -> BatchDatabase {
        let writer = Writer(options: options)
        let real = try await writer.open(path)
        do {
            return BatchDatabase(path: real, writer: writer, reader: try await BatchReader.open(real))
        } catch {
            try? await writer.close()
            throw error
        }
    }

    /// Why nothing can be written any more; nil while it can.
    package var failure: StoreError? { writer.queue.failure }

    /// The bytes that wait for a commit or are in one.
    package var queuedBytes: Int { writer.queue.byteCount }

    /// The queue of a run: the store that its runner works on.
    package func queue(for scope: JobScope, runID: Int64) -> JobQueue {
        JobQueue(reader: reader, writer: writer, scope: scope, runID: runID)
    }

    /// Commits everything that was queued before the call.
    package func flush() async throws(StoreError) { try await writer.flushAll() }

    /// Waits no longer for locks that other processes hold: what cannot be written soon fails the store.
    ///
    /// For a user who wants the program to end at once; may be called from any thread.
    package func hasten() { writer.lockDeadline.bringForward(to: .milliseconds(500)) }

    /// Commits what waits, empties the WAL, closes the file and gives the lock back.
    ///
    /// - Throws: why something could not be stored; it is closed all the same.
    package func close() async throws(StoreError) {
        // First the reader: the last one to close takes the WAL away, and only the writer may.
        await reader.close()
        try await writer.close()
    }

    // MARK: Runs

    /// Writes the row of a run that begins, and returns its number.
    ///
    /// - Parameter options: JSON, without secrets.
    package func beginRun(command: String, options: String, version: String) async throws(StoreError) -> Int64 {
        try await writer.perform { (session) throws(SQLiteFailure) in
            try session.beginRun(command: command, options: options, version: version)
        }
    }

    /// Queues what happened in a second of a run.
    package func record(_ second: RunSecond) { writer.heed(writer.queue.append(second)) }

    /// Commits what waits, and then how a run ended.
    ///
    /// - Parameters:
    ///   - id: the run.
    ///   - exitCode: what its process ends with.
    ///   - status: whether it did all that it had to.
    ///   - reason: why it stopped with work left, in words without secrets; nil where none is.
    package func finishRun(
        _ id: Int64, exitCode: Int, status: RunStatus, reason: String? = nil
    ) async throws(StoreError) {
        try await writer.flushAll()
        try await writer.perform { (session) throws(SQLiteFailure) in
            try session.finishRun(id, exitCode: exitCode, status: status, reason: reason)
        }
    }

    // MARK: Jobs

    /// Stores jobs in one transaction.
    ///
    /// Large pages are cheaper where ids are random, such as hashes: each page rewrites most of their index. A million
    /// jobs of 1 KB wrote 5.2 GB in pages of 5,000, 3.5 GB in pages of 20,000; with ids in order 2.5 GB.
    ///
    /// Of a job that is there already only what differs is written.
    ///
    /// - Returns: what became of each, in their order. With a `conflict` among them nothing is stored.
    package func ingest(
        _ jobs: [NewJob], onChanged policy: ChangedJobPolicy
    ) async throws(StoreError) -> [IngestOutcome] {
        try await writer.perform { (session) throws(SQLiteFailure) in
            try session.ingest(jobs, onChanged: policy)
        }
    }

    /// Notes which jobs of a file are not in it any more: `run` leaves them out, `resume` runs them.
    ///
    /// - Returns: how many were noted now.
    package func markGone(
        from source: String, unless isPresent: (_ customID: String) -> Bool
    ) async throws(StoreError) -> Int {
        var count = 0
        var position = InputPosition(line: 0, jobID: 0)
        while let page = try await reader.identities(from: source, after: position) {
            position = page.last
            let gone = page.jobs.filter { !isPresent($0.customID) }.map(\.id)
            guard !gone.isEmpty else { continue }
            count += gone.count
            try await writer.perform { (session) throws(SQLiteFailure) in try session.markGone(gone) }
        }
        return count
    }

    /// Puts failed jobs back into the queue, from their partial output and with their attempts counted anew.
    ///
    /// - Returns: how many.
    package func revive(_ revival: Revival) async throws(StoreError) -> Int {
        try await writer.perform { (session) throws(SQLiteFailure) in try session.revive(revival) }
    }

    /// Forgets the lines of a file that were left out before.
    package func forgetRejectedLines(of source: String) async throws(StoreError) {
        try await writer.perform { (session) throws(SQLiteFailure) in try session.forgetRejectedLines(of: source) }
    }

    /// Stores lines that were left out.
    package func store(_ lines: [RejectedLine]) async throws(StoreError) {
        try await writer.perform { (session) throws(SQLiteFailure) in try session.write(lines) }
    }
}
