/// The order of numbers in which others read a merged database: the newest run has the greatest, and files come in the
/// order of their names, in whatever order databases were merged.
enum RowOrder {
    /// Runs `r` in the order in which they began.
    static let ofRuns: SQL = "r.started_ms, r.host, r.pid, r.command, r.version, r.options"

    static func restore(_ connection: borrowing Connection) throws(SQLiteFailure) {
        // Rows that get other numbers are referred to by others.
        try connection.execute("PRAGMA defer_foreign_keys = ON")
        try moveNewestRun(connection)
        let sources = try connection.texts(BatchReader.sourceQuery)
        // By their bytes: what is equal to a reader may be two names.
        let names = sources.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let kept = zip(sources, names).prefix { $0.utf8.elementsEqual($1.utf8) }.count
        for name in names[kept...] { try moveFirstJobs(of: name, connection) }
    }

    /// What it remembers, such as limits, is what a later run goes by.
    private static func moveNewestRun(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let newest = try connection.integer(
            """
            SELECT run_id FROM (
                SELECT r.run_id, row_number() OVER (ORDER BY \(ofRuns), r.run_id) AS place FROM main.runs AS r)
            ORDER BY place DESC LIMIT 1
            """)
        guard let newest, let greatest = try connection.integer("SELECT max(run_id) FROM main.runs"), newest != greatest
        else { return }
        for table: SQL in ["runs", "run_seconds", "run_changes", "attempts"] {
            let update = try connection.prepare("UPDATE main.\(table) SET run_id = ?2 WHERE run_id = ?1")
            update.bind(newest, at: 1)
            update.bind(greatest + 1, at: 2)
            try update.run()
        }
    }

    /// A file stands where its first job does: those on its first line get numbers behind all others.
    private static func moveFirstJobs(
        of source: String, _ connection: borrowing Connection
    ) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT job_id FROM main.jobs WHERE source = ?1
                AND line IS (SELECT min(line) FROM main.jobs WHERE source = ?1)
            ORDER BY custom_id
            """)
        rows.bind(source, at: 1)
        var jobs: [Int64] = []
        while try rows.step() { jobs.append(rows.integer(0)) }
        for job in jobs {
            let greatest = try connection.integer("SELECT max(job_id) FROM main.jobs") ?? 0
            for table: SQL in ["jobs", "requests", "attempts", "completions"] {
                let update = try connection.prepare("UPDATE main.\(table) SET job_id = ?2 WHERE job_id = ?1")
                update.bind(job, at: 1)
                update.bind(greatest + 1, at: 2)
                try update.run()
            }
        }
    }
}
