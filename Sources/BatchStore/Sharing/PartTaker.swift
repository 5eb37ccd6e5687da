import BatchEngine

/// Takes the jobs of a database from a part of another one, by the rules of a merge, before a run of that database.
///
/// What a merge does to order, places and runs it does not: the database stays what it is, and gets what others made.
enum PartTaker {
    /// Takes what the copy of a part has of the stored jobs, in one transaction.
    ///
    /// - Returns: `unusable` where its rows are refused: nothing of it was taken then.
    /// - Throws: what would end the work on this database too, such as a full disk.
    static func take(
        _ copy: DatabasePath, shard: JobShard?, into session: inout WriteSession
    ) throws(SQLiteFailure) -> PartReading.Outcome {
        let attach = try session.connection.prepare("ATTACH ?1 AS part")
        attach.bind(copy.real, at: 1)
        // What is attached goes by the pages that are merged: memory does not grow with them.
        try session.connection.execute("PRAGMA temp_store = FILE")
        do throws(SQLiteFailure) {
            try attach.run()
            // What goes wrong with the copy costs the copy alone: it needs no log, which would be as large as what is deleted.
            try session.connection.execute("PRAGMA part.journal_mode = OFF")
            try session.connection.execute("PRAGMA part.synchronous = OFF")
            if try localise(session.connection) {
                try session.transaction { (session) throws(SQLiteFailure) in
                    try Merger.takeIn(session.connection, shard: shard)
                }
            }
        } catch {
            // What was begun is rolled back by now; a part that was never attached cannot be detached.
            try? session.connection.execute("DROP TABLE IF EXISTS temp.wanted")
            try? session.connection.execute("DETACH part")
            try session.connection.execute("PRAGMA foreign_keys = ON")
            try session.connection.execute("PRAGMA temp_store = MEMORY")
            guard let reason = error.reasonAgainstPart else { throw error }
            return .unusable(reason)
        }
        try session.connection.execute("DETACH part")
        try session.connection.execute("PRAGMA temp_store = MEMORY")
        try session.countAnew()
        return .whole
    }

    /// Makes of a part what its worker would have made of the jobs here: those alone, at their places, with the waits that
    /// are stored here.
    ///
    /// A part's own waits are told by another machine's clock. The copy is changed, not this database.
    ///
    /// - Returns: whether any job of the part is stored here; else the copy stays as it is.
    private static func localise(_ connection: borrowing Connection) throws(SQLiteFailure) -> Bool {
        for step in choosing { try connection.execute(step) }
        let isWanted = try connection.integer("SELECT 1 FROM temp.wanted LIMIT 1") != nil
        if isWanted {
            // At each row that goes SQLite would look through tables without an index for what refers to it.
            try connection.execute("PRAGMA foreign_keys = OFF")
            try connection.transaction { () throws(SQLiteFailure) in
                for step in steps { try connection.execute(step) }
            }
            try connection.execute("PRAGMA foreign_keys = ON")
        }
        try connection.execute("DROP TABLE temp.wanted")
        return isWanted
    }

    private static let choosing: [SQL] = [
        "CREATE TEMP TABLE wanted (job_id INTEGER PRIMARY KEY, own INTEGER NOT NULL)",
        """
        INSERT INTO temp.wanted (job_id, own)
        SELECT s.job_id, o.job_id FROM part.jobs AS s CROSS JOIN main.jobs AS o ON o.custom_id = s.custom_id
        WHERE o.request_sha256 = s.request_sha256
        """,
    ]

    private static let steps: [SQL] = [
        "DELETE FROM part.completions WHERE job_id NOT IN (SELECT job_id FROM temp.wanted)",
        "DELETE FROM part.attempts WHERE job_id NOT IN (SELECT job_id FROM temp.wanted)",
        "DELETE FROM part.chunks WHERE attempt_id NOT IN (SELECT attempt_id FROM part.attempts)",
        "DELETE FROM part.requests WHERE job_id NOT IN (SELECT job_id FROM temp.wanted)",
        "DELETE FROM part.jobs WHERE job_id NOT IN (SELECT job_id FROM temp.wanted)",
        "DELETE FROM part.rejected_lines",
        "DELETE FROM part.run_seconds WHERE run_id NOT IN (SELECT run_id FROM part.attempts)",
        "DELETE FROM part.run_changes WHERE run_id NOT IN (SELECT run_id FROM part.attempts)",
        "DELETE FROM part.runs WHERE run_id NOT IN (SELECT run_id FROM part.attempts)",
        """
        UPDATE part.jobs SET (source, line, not_before_ms) = (
            SELECT o.source, o.line, iif(jobs.status IN ('pending', 'interrupted'), o.not_before_ms, NULL)
            FROM temp.wanted AS w CROSS JOIN main.jobs AS o ON o.job_id = w.own
            WHERE w.job_id = jobs.job_id)
        """,
        """
        UPDATE part.requests SET (metadata, request, "check") = (
            SELECT o.metadata, o.request, o."check" FROM temp.wanted AS w CROSS JOIN main.requests AS o ON o.job_id = w.own
            WHERE w.job_id = requests.job_id)
        """,
    ]
}

extension SQLiteFailure {
    /// Why a part is refused, in words; nil where the fault lies with this machine or this database, and every other part
    /// would meet it too.
    var reasonAgainstPart: String? {
        switch storeError(path: "").kind {
        case .full, .io, .noMemory, .busy: nil
        default: "its rows cannot be taken (\(message))"
        }
    }
}
