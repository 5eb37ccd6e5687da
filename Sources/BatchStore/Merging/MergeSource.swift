import SystemCalls

/// A database that is taken into another: under its lock, with what a dead worker left put in order.
///
/// One that an earlier version made is copied, and the copy is brought up to date: the file stays as it is.
struct MergeSource: ~Copyable {
    /// What is read: the source itself, or its copy.
    let file: DatabasePath
    private let lock: WorkerLock
    // SQLite knows it by its address: it lives as long as the connection.
    private let lockWait: LockWait
    private let connection: Connection

    /// Opens a source that is there.
    ///
    /// - Parameters:
    ///   - copy: where one of an older schema is copied to; nothing is there.
    ///   - deadline: when waiting for other programs' locks ends.
    /// - Throws: `locked` with its worker, or why it cannot be used.
    static func open(
        _ path: DatabasePath, copyingTo copy: DatabasePath, deadline: LockDeadline, options: StoreOptions
    ) throws(StoreError) -> MergeSource {
        try expectDatabase(path)
        let lock = try Opening.lock(path, options: options)
        // Once more: it may have been deleted before this process had the lock, and is not to be made anew.
        try expectDatabase(path)
        let file = try isCopied(path, to: copy, below: options.migrations.count) ? copy : path
        let wait = LockWait(warningDelay: options.lockPatience, deadline: deadline) { [options] in
            options.warn("\(path.real): another process holds the write lock; waiting for it")
        }
        let connection = try Opening.connection(file, lockWait: wait, options: options)
        try Rescuer.rescue(connection, path: file, echoing: options.echoingProviders, now: options.now)
        return MergeSource(file: file, lock: lock, lockWait: wait, connection: connection)
    }

    private static func expectDatabase(_ path: DatabasePath) throws(StoreError) {
        guard case .ours = try DatabaseFile.inspect(path) else { throw StoreError(.missing, path: path.real) }
    }

    /// Copies a database of an older schema, with what its WAL holds; nothing of it or beside it changes.
    ///
    /// - Returns: whether it was one.
    private static func isCopied(
        _ path: DatabasePath, to copy: DatabasePath, below known: Int
    ) throws(StoreError) -> Bool {
        let hasLog = (DatabasePath.size(of: path.writeAheadLog) ?? 0) > 0
        let connection = try path.naming { () throws(SQLiteFailure) in
            try Connection(path: path.real, access: .reading)
        }
        connection.setCheckpointsOnClose(!hasLog)
        connection.setLockTimeout(milliseconds: 5_000)
        guard try Migration.schema(of: connection, path: path) < known else { return false }
        try DatabaseFile.create(copy)
        do {
            try connection.execute("PRAGMA query_only = OFF")
            let vacuum = try connection.prepare("VACUUM INTO ?1")
            vacuum.bind(copy.real, at: 1)
            try vacuum.run()
        } catch {
            let fault = error.storeError(path: path.real)
            throw fault.kind == .full ? error.storeError(path: copy.real).needing(nil) : fault
        }
        return true
    }

    /// The error of a merge that failed, with the name of the database that is damaged.
    func naming(_ error: StoreError) -> StoreError {
        guard error.kind == .corrupt else { return error }
        do {
            let faults = try connection.texts("PRAGMA quick_check(1)")
            return faults == ["ok"] ? error : StoreError(.corrupt, path: file.real, reason: faults.first ?? "")
        } catch {
            return StoreError(.corrupt, path: file.real, reason: error.message)
        }
    }

    /// Closes it and gives its lock back.
    consuming func close() {}

    /// Takes a copy away, also one that a killed process left.
    static func removeCopy(_ copy: DatabasePath) {
        for name in [copy.real, copy.writeAheadLog, copy.real + "-shm", copy.journal] { _ = unsafe unlink(name) }
    }
}
