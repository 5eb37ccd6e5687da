import BatchEngine
import Dispatch
import SystemCalls

/// The one that writes: it owns the worker's connection, on a thread of its own.
actor Writer {
    nonisolated let executor = QueueExecutor(label: "llm4s-batch.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    nonisolated let queue: WriteQueue
    nonisolated let options: StoreOptions
    private(set) var path = ""
    var session: WriteSession?
    var lock: WorkerLock?
    // Both are known to SQLite by their address: they outlive the connection.
    private let log = WriteAheadLogLength()
    private var lockWait: LockWait?
    /// Whether a checkpoint is due some time after a commit that was not synced.
    var isSyncDue = false
    /// When it waits for no lock any more.
    nonisolated let lockDeadline = LockDeadline()

    init(options: StoreOptions) {
        self.options = options
        queue = WriteQueue(limits: options.queue)
    }

    /// Opens the database, or makes it, and puts in order what a worker that died has left; waits for a worker that
    /// lives, as long as the options say.
    ///
    /// - Returns: the real path.
    func open(_ name: String) throws(StoreError) -> String {
        precondition(session == nil, "\(path) is open")
        let path = try DatabasePath(name)
        var wait = WorkerWait(timeout: options.workerTimeout)
        while true {
            do { return try open(path) } catch {
                guard case .locked = error.kind, wait.goesOn else { throw error }
                if wait.isFirst {
                    options.warn("\(path.real): \(error.holder) works on this database; waiting for it to end")
                }
            }
            wait.pause()
        }
    }

    private func open(_ path: DatabasePath) throws(StoreError) -> String {
        let lock = try Opening.lock(path, options: options)
        let wait = LockWait(warningDelay: options.lockPatience, deadline: lockDeadline) { [options] in
            options.warn("\(path.real): another process holds the write lock; waiting for it")
        }
        let connection = try Opening.connection(path, lockWait: wait, options: options)
        connection.setLogLength(log)
        // What was killed at a merge or at a part may have left one.
        for name in path.copiesLeft { _ = unsafe unlink(name) }
        try Rescuer.rescue(connection, path: path, echoing: options.echoingProviders, now: options.now)
        try StoredWaits.pullIn(connection, path: path, now: options.now)
        do {
            session = try WriteSession(connection, log: log, path: path, options: options)
        } catch {
            throw error.storeError(path: path.real)
        }
        try path.syncFolder()
        self.path = path.real
        self.lock = consume lock
        lockWait = wait
        queue.open(nextAttemptID: session?.nextAttemptID ?? 1)
        return path.real
    }

    // MARK: Group commit

    /// Does what the queue asks for; called on any thread.
    nonisolated func act(on wake: WriteQueue.Wake) {
        switch wake {
        case .nothing: break
        case .now: executor.queue.async { self.assumeIsolated { $0.flush() } }
        case .after(let delay):
            let microseconds = delay / .microseconds(1)
            executor.queue.asyncAfter(deadline: .now() + .microseconds(Int(microseconds))) {
                self.assumeIsolated { $0.flush() }
            }
        }
    }

    /// Commits what waits, and reports it only after COMMIT has returned.
    private func flush() {
        guard let batch = queue.take() else { return }
        let start = options.didCommit == nil ? nil : ContinuousClock.now
        do {
            try write(batch)
        } catch {
            // Before those who wait hear of it: they find that the store has failed.
            fail(error)
            batch.resumeWaiting(with: .failure(error))
            return
        }
        if let start { report(batch, since: start) }
        batch.resumeWaiting(with: .success(()))
        act(on: queue.didWrite(batch))
        maintain()
    }

    private func write(_ batch: borrowing WriteBatch) throws(StoreError) {
        do { try session?.write(batch) } catch {
            throw error.storeError(path: path).needing(queue.byteCount)
        }
        try checkPlace()
        syncLater()
    }

    private func report(_ batch: borrowing WriteBatch, since start: ContinuousClock.Instant) {
        options.didCommit?(
            CommitReport(
                duration: start.duration(to: .now), chunks: batch.chunks.count,
                logBytes: session?.writeAheadLogBytes ?? 0))
    }

    /// Commits everything that was queued before the call.
    func flushAll() throws(StoreError) {
        flush()
        if let failure = queue.failure { throw failure }
    }

    /// Fails the store: nothing is taken any more.
    func fail(_ error: StoreError) {
        if queue.fail(error) { options.didFail(error) }
    }

    // MARK: Other writes

    /// Runs the body in a transaction of its own, between two commits; a failure is the store's.
    func transaction<Value>(
        _ body: (inout WriteSession) throws(SQLiteFailure) -> Value
    ) throws(StoreError) -> Value {
        try perform { (session) throws(SQLiteFailure) in try session.transaction(body) }
    }

    /// Runs the body between two commits; a failure is the store's.
    func perform<Value>(
        _ body: (inout WriteSession) throws(SQLiteFailure) -> Value
    ) throws(StoreError) -> Value {
        if let failure = queue.failure { throw failure }
        guard session != nil else { throw StoreError(.closed, path: path) }
        let value: Value
        do throws(StoreError) {
            do { value = try body(&session!) } catch { throw error.storeError(path: path).needing(nil) }
            try checkPlace()
            syncLater()
        } catch {
            fail(error)
            throw error
        }
        maintain()
        return value
    }

    /// Commits what waits, empties the WAL, closes the file and gives the lock back.
    ///
    /// - Throws: why something of it could not be stored; it is closed all the same.
    func close() throws(StoreError) {
        defer {
            session = nil
            lock = nil
        }
        guard session != nil else { return }
        flush()
        if queue.failure == nil {
            lockDeadline.bringForward(to: options.closingPatience)
            do throws(StoreError) {
                try checkPlace()
                do { try session?.finish() } catch {
                    throw error.storeError(path: path).needing(session?.writeAheadLogBytes)
                }
                try checkPlace()
            } catch {
                fail(error)
            }
        }
        if let failure = queue.failure {
            // A file that cannot be written is left alone: the WAL stays for the next worker.
            session?.connection.setCheckpointsOnClose(false)
            throw failure
        }
        _ = queue.fail(StoreError(.closed, path: path))
    }
}
