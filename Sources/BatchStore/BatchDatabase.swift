/// A database that is open for its one worker: everything that writes, and a reader beside it.
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

    /// Opens a database, or makes it, and takes its lock; what a dead worker left is put in order first.
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

    /// Ends waits for locks that other processes hold: what cannot be written soon fails the store.
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
}
