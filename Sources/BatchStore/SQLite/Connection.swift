import CSQLite

/// A connection to a database file, closed when it goes out of scope.
///
/// For one thread at a time: SQLite's own mutexes are off.
@safe struct Connection: ~Copyable {
    /// What a connection may do.
    enum Access {
        /// Read and write an existing file.
        case writing
        /// Read, beside a writer in this process or another; closing changes nothing beside it.
        ///
        /// Not SQLite's own read-only mode, in which a connection leaves an empty WAL and its index behind that it
        /// may not delete.
        case reading
        /// Read what the main file holds, without its WAL, without locks and without leaving anything beside it.
        ///
        /// Right only while nobody writes the file.
        case inspecting
        /// Make a database in a temporary file without a name, gone when it closes; others can be attached by URI.
        case scratch
    }

    private let handle: OpaquePointer
    /// Where the file is locked as a worker's; -1 where it is not.
    private var locked: Int32 = -1

    /// Opens a file that exists, at an absolute path.
    init(path: String, access: Access) throws(SQLiteFailure) {
        _ = Self.configuration
        var opened: OpaquePointer?
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var name = path
        switch access {
        case .writing, .reading: flags |= SQLITE_OPEN_READWRITE
        case .inspecting:
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = Self.address(of: path, isUnchanging: true)
        case .scratch:
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
            name = ""
        }
        var code = unsafe sqlite3_open_v2(name, &opened, flags, nil)
        if code == SQLITE_OK, access == .reading {
            unsafe csqlite_set_checkpoint_on_close(opened, 0)
            code = unsafe sqlite3_exec(opened, "PRAGMA query_only = ON", nil, nil, nil)
        }
        guard code == SQLITE_OK, let opened = unsafe opened else {
            let failure = SQLiteFailure(code: code, on: opened)
            unsafe sqlite3_close_v2(opened)
            throw failure
        }
        unsafe handle = opened
    }

    deinit {
        if locked >= 0 { DatabaseLock.release(locked) }
        unsafe sqlite3_close_v2(handle)
    }

    /// Takes the lock of the file's one worker, for as long as it is open.
    mutating func lockForWorker() -> DatabaseLock.Outcome {
        let descriptor = unsafe csqlite_descriptor(handle)
        let outcome = DatabaseLock.take(descriptor)
        if outcome == .taken { locked = descriptor }
        return outcome
    }

    /// Whether no other worker can have the file, whatever becomes of the lock file.
    var isLockedForWorker: Bool { locked >= 0 }

    /// What is set once in a process.
    ///
    /// Refused where SQLite runs already, which does no harm.
    private static let configuration: Int32 = csqlite_disable_memory_statistics()

    /// A statement that is used again and again.
    func prepare(_ sql: SQL) throws(SQLiteFailure) -> Statement {
        try unsafe Statement(sql, on: handle, isKept: true)
    }

    /// The plan of a statement, a row a step, with what it does in the fourth column.
    func explain(_ sql: SQL) throws(SQLiteFailure) -> Statement {
        try unsafe Statement("EXPLAIN QUERY PLAN \(sql)", on: handle, isKept: false)
    }

    /// Runs one statement without values and without rows of interest.
    func execute(_ sql: SQL) throws(SQLiteFailure) { try run(sql.description) }

    /// Runs all statements of a script, such as the schema.
    func run(_ script: String) throws(SQLiteFailure) {
        let code = unsafe sqlite3_exec(handle, script, nil, nil, nil)
        if code != SQLITE_OK { throw unsafe SQLiteFailure(code: code, on: handle) }
    }

    /// The first column of the first row, as an integer; nil without a row.
    func integer(_ sql: SQL) throws(SQLiteFailure) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of every row.
    func texts(_ sql: SQL) throws(SQLiteFailure) -> [String] {
        let statement = try prepare(sql)
        var result: [String] = []
        while try statement.step() { result.append(statement.text(0)) }
        return result
    }

    /// How many rows the newest INSERT, UPDATE or DELETE changed.
    var changes: Int { unsafe Int(sqlite3_changes64(handle)) }

    /// The number of the newest row that an INSERT of this connection made.
    var newestRowID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    /// Whether a transaction is open.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Runs the body in one transaction that holds the write lock from its start.
    ///
    /// Whatever throws rolls everything back.
    func transaction<Value>(_ body: () throws(SQLiteFailure) -> Value) throws(SQLiteFailure) -> Value {
        try execute("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// Rolls an open transaction back; SQLite has done so itself after some errors.
    func rollBack() {
        guard isInTransaction else { return }
        do { try execute("ROLLBACK") } catch {
            // The connection closes next, which rolls back what this could not.
        }
    }

    // MARK: Limits

    /// The most bytes of a text, and of a row.
    var maximumBytes: Int { unsafe Int(sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, -1)) }

    /// Lowers that bound.
    func setMaximumBytes(_ count: Int) { unsafe _ = sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: count)) }

    // MARK: The file

    /// Lets a script change the texts of tables (`PRAGMA writable_schema`).
    func allowSchemaWriting() { unsafe _ = csqlite_allow_schema_writing(handle) }

    /// Whether closing checkpoints and deletes the WAL.
    func setCheckpointsOnClose(_ isOn: Bool) { unsafe csqlite_set_checkpoint_on_close(handle, isOn ? 1 : 0) }

    /// The first bytes of the file, zeros where it is shorter.
    func header(count: Int) throws(SQLiteFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let code = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe csqlite_read_header(handle, buffer.baseAddress, Int32(buffer.count))
        }
        guard code == SQLITE_OK || code == csqlite_ioerr_short_read else {
            throw SQLiteFailure(code: code, on: nil)
        }
        return bytes
    }

    /// Copies the WAL into the database as far as readers allow, without waiting for any.
    func checkpointPassively() throws(SQLiteFailure) -> Checkpoint { try checkpoint(SQLITE_CHECKPOINT_PASSIVE) }

    /// Copies the WAL into the database and empties it; a reader may keep either from being done.
    ///
    /// - Returns: what is left of the WAL that only it holds: no frames where all of them are in the database.
    func checkpointTruncating() throws(SQLiteFailure) -> Checkpoint { try checkpoint(SQLITE_CHECKPOINT_TRUNCATE) }

    private func checkpoint(_ mode: Int32) throws(SQLiteFailure) -> Checkpoint {
        var frames: Int32 = -1
        var copied: Int32 = -1
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, "main", mode, &frames, &copied)
        // Held up by a reader it says how far it came; by a writer or another checkpoint it says nothing.
        guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY && frames >= 0 else {
            throw unsafe SQLiteFailure(code: code, on: handle)
        }
        return Checkpoint(frames: Int(frames), copied: Int(copied))
    }

    // MARK: Watching

    /// Waits at most this long for locks that others hold, and then fails.
    func setLockTimeout(milliseconds: Int32) { unsafe sqlite3_busy_timeout(handle, milliseconds) }

    /// Ends a statement with an error when the task that runs it is cancelled.
    func stopWhenCancelled() {
        unsafe sqlite3_progress_handler(handle, 10_000, { _ in Task.isCancelled ? 1 : 0 }, nil)
    }

    /// Ends statements with an error once this object says so; it must live as long as the connection.
    func setStop(_ stop: ReadingStop) {
        let context = unsafe Unmanaged.passUnretained(stop).toOpaque()
        unsafe sqlite3_progress_handler(
            handle, 10_000,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<ReadingStop>.fromOpaque(context).takeUnretainedValue().isSet ? 1 : 0
            }, context)
    }

    /// Asks this object whether to go on waiting whenever another process holds a lock; it must live as long as the
    /// connection.
    func setLockWait(_ wait: LockWait) {
        let context = unsafe Unmanaged.passUnretained(wait).toOpaque()
        unsafe sqlite3_busy_handler(
            handle,
            { context, count in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<LockWait>.fromOpaque(context).takeUnretainedValue().goesOn(count) ? 1 : 0
            }, context)
    }

    /// Tells this object the WAL's length after every commit; it must live as long as the connection.
    ///
    /// Replaces SQLite's automatic checkpoints, which are the same hook.
    func setLogLength(_ log: WriteAheadLogLength) {
        let context = unsafe Unmanaged.passUnretained(log).toOpaque()
        unsafe _ = sqlite3_wal_hook(
            handle,
            { context, _, _, frames in
                guard let context = unsafe context else { return SQLITE_OK }
                unsafe Unmanaged<WriteAheadLogLength>.fromOpaque(context).takeUnretainedValue().frames = Int(frames)
                return SQLITE_OK
            }, context)
    }
}
