/// A scratch database into which chosen jobs of others are merged, so that one rule says what several come to.
extension BatchReader {
    /// Which jobs of others are meant, in a database without a name too.
    static let scratchNotes = """
        ATTACH '' AS notes;
        -- The jobs that are gathered next.
        CREATE TABLE notes.chosen (job_id INTEGER PRIMARY KEY);
        -- Of which database which jobs are in another one too.
        CREATE TABLE notes.shared (database INTEGER, job_id INTEGER, PRIMARY KEY (database, job_id)) WITHOUT ROWID;
        """

    /// What is copied of a job, in this order: a later table's rows are chosen by those of earlier ones.
    private static let tables: [(name: String, rows: String)] = [
        ("jobs", "job_id IN (SELECT job_id FROM notes.chosen)"),
        ("requests", "job_id IN (SELECT job_id FROM notes.chosen)"),
        ("attempts", "job_id IN (SELECT job_id FROM notes.chosen)"),
        ("completions", "job_id IN (SELECT job_id FROM notes.chosen)"),
        ("runs", "run_id IN (SELECT run_id FROM part.attempts)"),
    ]

    /// Chooses jobs of the database that is gathered next.
    func choose(_ jobs: [Int64]) throws(StoreError) {
        try read { (connection) throws(SQLiteFailure) in
            try connection.transaction { () throws(SQLiteFailure) in
                let insert = try connection.prepare("INSERT OR IGNORE INTO notes.chosen (job_id) VALUES (?1)")
                for job in jobs {
                    insert.bind(job, at: 1)
                    try insert.run()
                }
            }
        }
    }

    /// Merges the chosen jobs of a database, without their chunks, into this scratch, and chooses none any more.
    ///
    /// The database may be one that a worker has: it is read as it is at this moment.
    ///
    /// - Returns: the conflict, where one of the jobs is here with another request; nothing was taken then.
    /// - Throws: why the database cannot be read, or the scratch not be written; the scratch is of no use then.
    func gather(from name: String) throws(StoreError) -> MergeConflict? {
        try take(from: name) { (address, connection) throws(SQLiteFailure) in
            try Self.copyChosen(from: address, connection)
        }
        return try read { (connection) throws(SQLiteFailure) in
            let conflict = try Merger.mergePart(connection)
            try connection.execute("DETACH part")
            return conflict
        }
    }

    /// Runs statements that take something from a database, with its address, and names what keeps them from it.
    func take(
        from name: String, _ body: (String, borrowing Connection) throws(SQLiteFailure) -> Void
    ) throws(StoreError) {
        let source = try DatabasePath(name)
        let address = Connection.address(of: source.real, isUnchanging: try Self.isUnchanging(source))
        do {
            try read { (connection) throws(SQLiteFailure) in try body(address, connection) }
        } catch {
            // What is full is the disk of the scratch.
            guard error.kind != .full else { throw error }
            throw StoreError(error.kind, path: source.real, reason: error.reason)
        }
    }

    /// Makes `part` of the chosen jobs of the database at an address.
    private static func copyChosen(
        from address: String, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        try connection.execute("ATTACH '' AS part")
        try createTables(connection)
        try reading(address, connection) { (connection) throws(SQLiteFailure) in
            for (table, rows) in tables {
                let columns = try list(columns(of: table, connection))
                try connection.run(
                    "INSERT INTO part.\(table) (\(columns)) SELECT \(columns) FROM source.\(table) WHERE \(rows)")
            }
            try connection.execute("DELETE FROM notes.chosen")
        }
    }

    /// Attaches the database at an address as `source` for statements that see one state of it.
    static func reading(
        _ address: String, _ connection: borrowing Connection,
        _ body: (borrowing Connection) throws(SQLiteFailure) -> Void
    ) throws(SQLiteFailure) {
        let attach = try connection.prepare("ATTACH ?1 AS source")
        attach.bind(address, at: 1)
        try attach.run()
        // Not IMMEDIATE, which would take the write lock of the source too.
        try connection.execute("BEGIN")
        try body(connection)
        try connection.execute("COMMIT")
        try connection.execute("DETACH source")
    }

    private static func createTables(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let create = "CREATE TABLE "
        for table in try connection.texts("SELECT sql FROM main.sqlite_schema WHERE type = 'table'") {
            try connection.run(create + "part." + table.dropFirst(create.count))
        }
        try connection.execute("CREATE UNIQUE INDEX part.attempts_of_job ON attempts (job_id, number)")
    }

    /// Columns as a list: the name of one is a word of SQL.
    static func list(_ columns: [String]) -> String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }

    /// The columns that a table has both here and in `source`, which may be of an earlier schema: names of our own.
    static func columns(
        of table: String, _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [String] {
        let rows = try connection.prepare(
            """
            SELECT name FROM pragma_table_info(?1, 'main')
            WHERE name IN (SELECT name FROM pragma_table_info(?1, 'source'))
            """)
        rows.bind(table, at: 1)
        var columns: [String] = []
        while try rows.step() { columns.append(rows.text(0)) }
        return columns
    }
}
