import BatchEngine

/// Reads a database, also beside a running worker; it never writes and never checkpoints.
///
/// Each call is at most a few statements on a page of rows, since a read transaction that stays open keeps the WAL from
/// shrinking.
package actor BatchReader {
    private nonisolated let executor = QueueExecutor(label: "llm4s-batch.reader")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// The real path of the database.
    package nonisolated let path: String
    private var connection: Connection?
    private nonisolated let stop: ReadingStop
    /// The schema of the file.
    private var schema = BatchSchema.version

    private init(path: String, stop: ReadingStop = ReadingStop()) {
        self.path = path
        self.stop = stop
    }

    /// Opens a database that is there.
    ///
    /// - Throws: `missing`, `notOurs`, `newerSchema` and what else keeps it from being read.
    package static func open(_ name: String) async throws(StoreError) -> BatchReader {
        let path = try DatabasePath(name)
        let reader = BatchReader(path: path.real)
        try await reader.connect(path)
        return reader
    }

    /// Another reader of the same file, which is interrupted with this one.
    func another() async throws(StoreError) -> BatchReader {
        let reader = BatchReader(path: path, stop: stop)
        try await reader.connect(try DatabasePath(path))
        return reader
    }

    /// Makes a database of its own, empty, without a name, and gone when it is closed: others' jobs are gathered in it.
    ///
    /// - Parameter name: what errors name it by.
    static func scratch(named name: String) async throws(StoreError) -> BatchReader {
        let reader = BatchReader(path: name)
        try await reader.connectToScratch()
        return reader
    }

    private func connectToScratch() throws(StoreError) {
        do {
            let opened = try Connection(path: "", access: .scratch)
            // Attached files are others': closing this connection changes nothing beside them.
            opened.setCheckpointsOnClose(false)
            opened.setLockTimeout(milliseconds: 5_000)
            try opened.execute("PRAGMA temp_store = FILE")
            try opened.run(BatchSchema.sql)
            try opened.execute(JobScope.inputTable)
            try opened.run(Self.scratchNotes)
            connection = consume opened
        } catch {
            throw error.storeError(path: path)
        }
    }

    private func connect(_ path: DatabasePath) throws(StoreError) {
        switch try DatabaseFile.inspect(path) {
        case .missing: throw StoreError(.missing, path: path.real)
        case .empty: throw StoreError(.missing, path: path.real, reason: "the file is empty")
        case .unfinished: throw StoreError(.missing, path: path.real, reason: "making it was cut short")
        case .ours: break
        }
        let isUnchanging = try Self.isUnchanging(path)
        let opened = try path.naming { () throws(SQLiteFailure) in
            let opened = try Connection(path: path.real, access: isUnchanging ? .inspecting : .reading)
            opened.setLockTimeout(milliseconds: 5_000)
            return opened
        }
        opened.setStop(stop)
        let (found, known) = (try Migration.schema(of: opened, path: path), BatchSchema.version)
        if found > known { throw StoreError(.newerSchema(found: found, known: known), path: path.real) }
        if found < BatchSchema.oldestRead {
            throw StoreError(.olderSchema(found: found, known: known), path: path.real)
        }
        schema = found
        connection = consume opened
        try storeTemporarily(in: "MEMORY")
    }

    /// Makes the connection's own views and tables anew, in memory (`MEMORY`) or in files (`FILE`), where its sorted rows go
    /// too once they are many.
    ///
    /// What was entered into the scope of an input is forgotten.
    ///
    /// - Parameter isOfRange: whether the views are of the jobs of a range alone, and temporary tables may be written.
    func storeTemporarily(in place: SQL, isOfRange: Bool = false) throws(StoreError) {
        try read { (connection) throws(SQLiteFailure) in
            try connection.execute("PRAGMA query_only = OFF")
            try connection.execute("PRAGMA temp_store = DEFAULT")
            try connection.execute("PRAGMA temp_store = \(place)")
            try connection.run(BatchSchema.temporaryViews(for: schema, isOfRange: isOfRange))
            try connection.execute(JobScope.inputTable)
            if !isOfRange { try connection.execute("PRAGMA query_only = ON") }
        }
    }

    /// Whether the database is read as a file that nobody writes: on a read-only disk, and in a folder that this process
    /// may not write, SQLite cannot make the files by which it keeps readers and a writer apart.
    ///
    /// - Throws: where the WAL, which such a reader does not see, holds a part of it.
    static func isUnchanging(_ path: DatabasePath) throws(StoreError) -> Bool {
        guard let fault = AccessFault.writing(path.real) else { return false }
        // A worker of another user has made what a reader needs.
        if WorkerLock.isHeld(path) == true { return false }
        guard (DatabasePath.size(of: path.writeAheadLog) ?? 0) > 0 else { return true }
        throw StoreError(
            .io, path: path.real,
            reason: "\(fault), and \(path.writeAheadLog) holds a part of it: copy both files to a folder that can be"
                + " written, and read them there")
    }

    /// Ends what is being read, and all that is asked for behind it, with `closed`; from any thread.
    ///
    /// What reads all rows of a large database may take minutes, and whoever closes it would wait for its end.
    package nonisolated func interrupt() { stop.set() }

    /// Closes the file; where no one else has it open and its WAL is empty, only the file itself is left.
    package func close() {
        let hasLog = (DatabasePath.size(of: path + "-wal") ?? 0) > 0
        connection?.setCheckpointsOnClose(!hasLog)
        connection = nil
    }

    /// Runs statements and gives their failures the file's name.
    func read<Value>(
        _ body: (borrowing Connection) throws(SQLiteFailure) -> Value
    ) throws(StoreError) -> Value {
        guard connection != nil, !stop.isSet else { throw StoreError(.closed, path: path) }
        do { return try body(connection!) } catch {
            if stop.isSet { throw StoreError(.closed, path: path) }
            throw error.storeError(path: path)
        }
    }

    /// What SQLite's own check of the whole file finds wrong; empty for a sound one.
    ///
    /// Takes as long as reading it.
    package func integrityFaults() throws(StoreError) -> [String] {
        try read { (connection) throws(SQLiteFailure) in
            try connection.texts("PRAGMA integrity_check").filter { $0 != "ok" }
        }
    }
}
