import BatchEngine
import Dispatch

/// The one that writes: owns the worker's connection, on a thread of its own.
actor Writer {
    private nonisolated let executor = QueueExecutor(label: "llm4s-batch.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    nonisolated let queue: WriteQueue
    nonisolated let options: StoreOptions
    private var path = ""
    private var session: WriteSession?
    private var lock: WorkerLock?
    // Both are known to SQLite by their address: they outlive the connection.
    private let gauge = WriteAheadLogGauge()
    private var lockWait: LockWait?
    /// Whether a checkpoint is due some time after a commit that was not synced.
    private var isSyncDue = false
    /// When it waits for no lock any more.
    nonisolated let lockDeadline = LockDeadline()

    init(options: StoreOptions) {
        self.options = options
        queue = WriteQueue(limits: options.queue)
    }

    /// Opens the database, or makes it, and puts in order what a worker that died has left.
    ///
    /// - Returns: the real path.
    func open(_ name: String) throws(StoreError) -> String {
        precondition(session == nil, "\(path) is open")
        let path = try DatabasePath(name)
        let lock = try Opening.lock(path, options: options)
        let wait = LockWait(patience: options.lockPatience, deadline: lockDeadline) { [options] in
            options.warn("\(path.real): another process holds the write lock; waiting for it")
        }
        let connection = try Opening.connection(path, lockWait: wait, options: options)
        connection.setGauge(gauge)
        try Rescuer.rescue(connection, path: path, echoing: options.echoingProviders, now: options.now)
        try StoredWaits.pullIn(connection, path: path, now: options.now)
        do {
            session = try WriteSession(connection, gauge: gauge, path: path, options: options)
        } catch {
            throw error.storeError(path: path.real)
        }
        try FolderSync.run(path)
        self.path = path.real
        self.lock = consume lock
        lockWait = wait
        queue.open(nextAttemptID: session?.nextAttemptID ?? 1)
        return path.real
    }

    // MARK: Group commit

    /// Sees to what the queue asks for; called on any thread.
    nonisolated func heed(_ wake: WriteQueue.Wake) {
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

    /// Commits what waits.
    ///
    /// Only after COMMIT returned does anybody hear of it.
    private func flush() {
        guard let batch = queue.take() else { return }
        let start = options.didCommit == nil ? nil : ContinuousClock.now
        do {
            try write(batch)
        } catch {
            // Who hears of it finds the store failed.
            fail(error)
            batch.resumeWaiting(with: .failure(error))
            return
        }
        if let start { report(batch, since: start) }
        batch.resumeWaiting(with: .success(()))
        heed(queue.didWrite(batch))
        maintain()
    }

    private func write(_ batch: borrowing WriteBatch) throws(StoreError) {
        do { try session?.write(batch) } catch {
            throw error.storeError(path: path).needing(queue.byteCount)
        }
        try checkPlace()
        syncLater()
    }

    /// Sees to it that what was committed is on disk after a while, where commits are not synced and no other may follow.
    private func syncLater() {
        guard options.durability == .normal, !isSyncDue else { return }
        isSyncDue = true
        let wait = options.longestUnsynced / .microseconds(1)
        executor.queue.asyncAfter(deadline: .now() + .microseconds(Int(wait))) { [weak self] in
            self?.assumeIsolated { $0.sync() }
        }
    }

    private func sync() {
        isSyncDue = false
        guard queue.failure == nil else { return }
        do { try session?.checkpoint() } catch { failUpkeep(error) }
    }

    /// Finds out whether what is committed is where its name says, before anybody hears of it.
    ///
    /// What only the WAL holds is brought into the database first: where that was moved, it is whole in its new place, and
    /// no WAL of it is left for a file that took its place.
    private func checkPlace() throws(StoreError) {
        guard let file = session?.misplacedFile else { return try renewLock() }
        lockDeadline.bringForward(to: options.closingPatience)
        var isWhole = false
        do { isWhole = try session?.connection.checkpointTruncating().isWhole ?? false } catch {
            // A disk that fails at this too: the sentence says that not all is there.
        }
        throw StoreError(.misplaced(isWhole: isWhole), path: file)
    }

    /// Makes the lock file anew where somebody deleted it: others shall see that a worker lives.
    private func renewLock() throws(StoreError) {
        guard lock?.isInPlace == false, let path = session?.path else { return }
        do {
            lock = try WorkerLock(path, process: options.process)
        } catch  where session?.connection.isLockedForWorker == true {
            // Another worker is being refused by the database's own lock; or the folder takes no file now.
        }
    }

    private func maintain() {
        do { try session?.maintain() } catch { failUpkeep(error) }
    }

    /// What a checkpoint writes is what the WAL holds.
    private func failUpkeep(_ error: SQLiteFailure) {
        fail(error.storeError(path: path).needing(session?.writeAheadLogBytes))
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

    private func fail(_ error: StoreError) {
        if queue.fail(error) { options.didFail(error) }
    }

    // MARK: Other writes

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
            // What cannot be written is not to be touched again: the WAL stays for the next worker.
            session?.connection.setCheckpointsOnClose(false)
            throw failure
        }
        _ = queue.fail(StoreError(.closed, path: path))
    }
}
