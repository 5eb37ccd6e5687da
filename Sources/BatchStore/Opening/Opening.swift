import BatchEngine
import LLMStreaming
import SystemCalls

/// The steps by which a worker opens its database: nothing is written before every check has passed (The database, "The
/// file").
enum Opening {
    /// Takes the lock, unless the file beside it is another program's: nothing is left beside such a file.
    static func lock(_ path: DatabasePath, options: StoreOptions) throws(StoreError) -> WorkerLock {
        try refuse(newerThan: options.migrations.count, DatabaseFile.inspect(path), path)
        return try WorkerLock(path, process: options.process)
    }

    /// Opens the file, makes it where there is none, and brings its schema up to date; under the lock.
    static func connection(
        _ path: DatabasePath, lockWait: LockWait, options: StoreOptions
    ) throws(StoreError) -> Connection {
        // Once more: it may have changed before this process had the lock.
        let file = try DatabaseFile.inspect(path)
        try refuse(newerThan: options.migrations.count, file, path)
        let hasLog = (DatabasePath.size(of: path.writeAheadLog) ?? 0) > 0
        let hasJournal = (DatabasePath.size(of: path.journal) ?? 0) > 0
        switch file {
        case .missing: try DatabaseFile.create(path)
        case .empty: _ = unsafe chmod(path.real, 0o600)
        case .unfinished:
            try UnfinishedFile.empty(path)
            _ = unsafe chmod(path.real, 0o600)
        case .ours where !hasLog && !hasJournal: try DatabaseCheck.inspect(path)
        case .ours: break
        }
        var connection = try path.naming { () throws(SQLiteFailure) in
            try Connection(path: path.real, access: .writing)
        }
        // Closing a connection writes the WAL into the file: not before the file is known to be sound.
        connection.setCheckpointsOnClose(false)
        if connection.lockForWorker() == .held { throw holder(connection, path) }
        connection.setLockWait(lockWait)
        if let bytes = options.maximumRowBytes { connection.setMaximumBytes(bytes) }
        if case .ours = file {
            let schema = try Migration.schema(of: connection, path: path)
            try refuse(newerThan: options.migrations.count, .ours(schema: schema), path)
            // A journal is left by a death while the file was made: what it rolls back to is empty.
            if hasLog { try DatabaseCheck.check(connection, path: path) }
        }
        connection.setCheckpointsOnClose(true)
        do { try configure(connection, path, options) } catch {
            if case .ours = file { throw error.needing(nil) }
            throw error.needing(DiskSpace.newDatabaseBytes)
        }
        return connection
    }

    /// The other worker that has the database although this process has the lock file: somebody deleted the other's.
    private static func holder(_ connection: borrowing Connection, _ path: DatabasePath) -> StoreError {
        var kind = StoreError.Kind.locked(pid: nil, host: nil)
        do {
            let row = try connection.prepare(
                "SELECT pid, host FROM runs WHERE status = 'running' ORDER BY run_id DESC LIMIT 1")
            if try row.step() { kind = .locked(pid: row.int(0), host: row.text(1)) }
        } catch {
            // The message then names no holder.
        }
        return StoreError(kind, path: path.real)
    }

    private static func refuse(
        newerThan known: Int, _ file: DatabaseFile, _ path: DatabasePath
    ) throws(StoreError) {
        guard case .ours(let found) = file, found > known else { return }
        throw StoreError(.newerSchema(found: found, known: known), path: path.real)
    }

    private static func configure(
        _ connection: borrowing Connection, _ path: DatabasePath, _ options: StoreOptions
    ) throws(StoreError) {
        try path.naming { () throws(SQLiteFailure) in
            switch options.durability {
            case .full: try connection.execute("PRAGMA synchronous = FULL")
            case .normal: try connection.execute("PRAGMA synchronous = NORMAL")
            }
            try connection.execute("PRAGMA foreign_keys = ON")
            try connection.execute("PRAGMA temp_store = MEMORY")
            // 2 MiB a connection, SQLite's own default: 16 made nothing faster.
            try connection.execute("PRAGMA cache_size = -2048")
            // Debian's build writes zeros over what is deleted, which only costs time here, with --chunks partial.
            try connection.execute("PRAGMA secure_delete = OFF")
        }
        // In the rollback journal, so that the main file alone shows whose it is, whenever a process dies.
        try Migration.migrate(connection, through: options.migrations, path: path)
        try path.naming { () throws(SQLiteFailure) in
            try connection.execute("PRAGMA journal_mode = WAL")
            try IDIndex.make(connection)
        }
    }
}

/// Keeps stored waits from lasting longer than they were meant to, where the date has been set back since.
enum StoredWaits {
    /// The longest wait: a day, and what is added so that not all jobs come back at once.
    private static let longestMilliseconds: Int64 = (86_400 + 60) * 1000

    /// Runs at opening: a job that waits was last written when its wait began, so the two times say how long it was to be.
    static func pullIn(
        _ connection: borrowing Connection, path: DatabasePath, now: Int64
    ) throws(StoreError) {
        try path.naming { () throws(SQLiteFailure) in
            let far = try connection.prepare(
                """
                SELECT 1 FROM jobs WHERE not_before_ms > ?1
                    AND (updated_ms > ?1 OR not_before_ms - updated_ms > ?2 OR not_before_ms - ?1 > ?2) LIMIT 1
                """)
            far.bind(now, at: 1)
            far.bind(longestMilliseconds, at: 2)
            guard try far.step() else { return }
            far.reset()
            try connection.transaction { () throws(SQLiteFailure) in
                let pull = try connection.prepare(
                    """
                    UPDATE jobs SET not_before_ms = ?1 + min(max(not_before_ms - updated_ms, 0), ?2), updated_ms = ?1
                    WHERE not_before_ms > ?1
                        AND (updated_ms > ?1 OR not_before_ms - updated_ms > ?2 OR not_before_ms - ?1 > ?2)
                    """)
                pull.bind(now, at: 1)
                pull.bind(longestMilliseconds, at: 2)
                try pull.run()
            }
        }
    }
}
