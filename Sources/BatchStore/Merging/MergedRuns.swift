import BatchEngine

/// The runs of a source, and what happened in their seconds.
///
/// A run is known again by what it began with; how it ended may be told by a later copy only.
enum MergedRuns {
    /// What a run began with, but for its options.
    private static let beginning: SQL = "started_ms, host, pid, command, version"

    /// The options of a run as a merged database has them: it is no shard and has no share, although its runs had, and
    /// publishes nothing.
    ///
    /// A run that was taken from a shared folder has been brought into this form by that, and was then given the shard of
    /// the database that took it, although it was of another, or of none.
    private static let options: SQL = """
        CASE
            WHEN options ->> '$.sharing.taken' IS NOT NULL THEN json_remove(options, '$.shard', '$.sharing')
            WHEN options ->> '$.shard' IS NOT NULL THEN
                json_set(json_remove(options, '$.shard', '$.shard-jobs', '$.share', '$.shared', '$.every', '$.sharing'),
                    '$.merged_shard', coalesce(options ->> '$.merged_shard', options ->> '$.shard'))
            WHEN \(isOwn) THEN json_remove(options, '$.share', '$.shared', '$.every', '$.sharing')
            ELSE options
        END
        """

    /// Whether options hold what a merged database's do not.
    private static let isOwn: SQL = """
        (options ->> '$.shard' IS NOT NULL OR options ->> '$.share' IS NOT NULL OR options ->> '$.shared' IS NOT NULL
            OR options ->> '$.every' IS NOT NULL OR options -> '$.sharing' IS NOT NULL)
        """

    /// Each run with its place among those that began with the same: two may, where a clock was set back.
    private static func numbered(_ runs: SQL) -> SQL {
        """
        (SELECT run_id, \(beginning), options,
            row_number() OVER (PARTITION BY \(beginning), options ORDER BY run_id) AS place
        FROM (SELECT run_id, \(beginning), \(options) AS options FROM \(runs)))
        """
    }

    /// Fills `run_map`, and takes the runs.
    ///
    /// - Parameter keepingOwn: whether those that are there stay runs of a worker's own database.
    static func take(_ connection: borrowing Connection, keepingOwn: Bool = false) throws(SQLiteFailure) {
        if !keepingOwn { try connection.execute("UPDATE main.runs SET options = \(options) WHERE \(isOwn)") }
        try connection.execute(
            """
            CREATE TEMP TABLE run_map (source_id INTEGER PRIMARY KEY, id INTEGER NOT NULL, is_new INTEGER NOT NULL)
            """)
        try connection.execute(
            """
            INSERT INTO temp.run_map (source_id, id, is_new)
            SELECT s.run_id, coalesce(o.run_id, (SELECT coalesce(max(run_id), 0) FROM main.runs)
                + sum(o.run_id IS NULL) OVER (ORDER BY s.started_ms, s.run_id)), o.run_id IS NULL
            FROM \(numbered("part.runs")) AS s
            LEFT JOIN \(numbered("main.runs")) AS o ON o.started_ms = s.started_ms AND o.host = s.host
                AND o.pid = s.pid AND o.command = s.command AND o.version = s.version AND o.options = s.options
                AND o.place = s.place
            """)
        try connection.execute(
            """
            INSERT INTO main.runs (run_id, \(beginning), options, finished_ms, status, exit_code, stop_reason,
                endpoints)
            SELECT m.id, \(beginning), \(options), finished_ms, status, exit_code, stop_reason, endpoints
            FROM temp.run_map AS m CROSS JOIN part.runs AS s ON s.run_id = m.source_id
            WHERE m.is_new
            """)
        // A copy that was made during the run does not know its end.
        try connection.execute(
            """
            UPDATE main.runs SET finished_ms = s.finished_ms, status = s.status, exit_code = s.exit_code,
                stop_reason = s.stop_reason, endpoints = s.endpoints
            FROM temp.run_map AS m CROSS JOIN part.runs AS s ON s.run_id = m.source_id
            WHERE main.runs.run_id = m.id AND NOT m.is_new AND main.runs.finished_ms IS NULL
                AND s.finished_ms IS NOT NULL
            """)
        try takeSeconds(connection)
        try takeChanges(connection)
    }

    /// What a run was told: a copy that was made during the run may lack the last of it.
    private static func takeChanges(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            INSERT INTO main.run_changes (run_id, number, at_ms, command, value, keep, streams_over)
            SELECT m.id, number, at_ms, command, value, keep, streams_over
            FROM temp.run_map AS m CROSS JOIN part.run_changes AS s ON s.run_id = m.source_id
            WHERE true
            ON CONFLICT DO NOTHING
            """)
    }

    /// Makes the runs that were taken runs of the database's own shard, and notes whose they were not.
    static func adopt(_ connection: borrowing Connection, _ shard: JobShard?) throws(SQLiteFailure) {
        let update = try connection.prepare(
            """
            UPDATE main.runs SET options = iif(?1 IS NULL, json_set(options, '$.sharing', json('{"taken":true}')),
                json_set(options, '$.sharing', json('{"taken":true}'), '$.shard', ?1))
            WHERE run_id IN (SELECT id FROM temp.run_map WHERE is_new)
            """)
        update.bind(shard?.text, at: 1)
        try update.run()
    }

    /// Of a second that is there already, the fuller account: what a copy has of its last second is a part.
    private static func takeSeconds(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            INSERT INTO main.run_seconds (run_id, second, chunks, output_tokens, completed, failed, running, waiting,
                waits)
            SELECT m.id, second, chunks, output_tokens, completed, failed, running, waiting, waits
            FROM temp.run_map AS m CROSS JOIN part.run_seconds AS s ON s.run_id = m.source_id
            WHERE true
            ON CONFLICT DO UPDATE SET chunks = max(chunks, excluded.chunks),
                output_tokens = max(output_tokens, excluded.output_tokens),
                completed = max(completed, excluded.completed), failed = max(failed, excluded.failed),
                running = max(running, excluded.running), waiting = max(waiting, excluded.waiting),
                waits = coalesce(max(waits, excluded.waits), waits, excluded.waits)
            """)
    }
}
