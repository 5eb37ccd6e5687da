/// The attempts of a source, all of them, since they were paid; and their chunks, where they are kept.
///
/// An attempt is known again by its job, its run and its place among the attempts of both: a run's attempts at a job
/// follow each other.
enum MergedAttempts {
    /// What is taken of an attempt as it is.
    private static let columns: SQL = """
        counts, request_sha256, resume_strategy, prefix_chars, resume_reason, notes, overlap_chars, started_ms,
        first_byte_us, first_chunk_us, duration_us, status, finish_reason, http_status, error_kind, error, error_code,
        retry_after_ms, request_id, response_id, chunk_count, gaps, prompt_tokens, completion_tokens, usage_source,
        cost_usd, service_tier, endpoint
        """

    /// What refers to other rows; ?1 is added to the numbers of chunks.
    private static let references: SQL = """
        (SELECT b.id FROM temp.attempt_map AS b WHERE b.source_id = s.resumed_from), s.first_chunk_id + ?1,
        s.last_chunk_id + ?1,
        iif(json_valid(s.partial) AND json_type(s.partial, '$.seams') = 'array',
            json_set(s.partial, '$.seams', json(\(renumbered("s.partial -> '$.seams'")))), s.partial)
        """

    /// Seams with the attempts' new numbers; what is no list of seams as it is.
    static func renumbered(_ seams: SQL) -> SQL {
        """
        iif(json_valid(\(seams)) AND json_type(\(seams)) = 'array', (
            SELECT json_group_array(json(iif(e.type = 'object', json_set(e.value, '$.attempt_id', (
                SELECT b.id FROM temp.attempt_map AS b WHERE b.source_id = e.value ->> '$.attempt_id')), 'null')))
            FROM (SELECT type, value FROM json_each(\(seams)) ORDER BY key) AS e), \(seams))
        """
    }

    /// Fills `attempt_map`: the number of each attempt, and whether its chunks are taken; and `rejoined`: the jobs that
    /// are there already and get attempts.
    static func map(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            CREATE TEMP TABLE attempt_map (source_id INTEGER PRIMARY KEY, id INTEGER NOT NULL, job_id INTEGER NOT NULL,
                run_id INTEGER NOT NULL, is_new INTEGER NOT NULL, is_better INTEGER NOT NULL DEFAULT 0)
            """)
        try connection.execute(
            """
            INSERT INTO temp.attempt_map (source_id, id, job_id, run_id, is_new)
            SELECT attempt_id, coalesce(known, (
                    SELECT coalesce(max(attempt_id), 0) FROM main.attempts WHERE attempt_id < 4611686018427387904)
                + sum(known IS NULL) OVER (ORDER BY attempt_id)), job_id, run_id, known IS NULL
            FROM (
                SELECT a.attempt_id, j.id AS job_id, r.id AS run_id, iif(j.is_new OR r.is_new, NULL, (
                    SELECT o.attempt_id FROM main.attempts AS o WHERE o.job_id = j.id AND o.run_id = r.id
                        AND a.place = (SELECT count(*) FROM main.attempts AS b
                            WHERE b.job_id = j.id AND b.run_id = r.id AND b.number <= o.number))) AS known
                FROM (
                    SELECT attempt_id, job_id, run_id,
                        row_number() OVER (PARTITION BY job_id, run_id ORDER BY number) AS place
                    FROM part.attempts) AS a
                CROSS JOIN temp.job_map AS j ON j.source_id = a.job_id
                CROSS JOIN temp.run_map AS r ON r.source_id = a.run_id)
            """)
        try connection.execute(
            """
            UPDATE temp.attempt_map SET is_better = (
                SELECT (\(key("part", "s"))) > (\(key("main", "o"))) FROM part.attempts AS s CROSS JOIN main.attempts AS o
                WHERE s.attempt_id = attempt_map.source_id AND o.attempt_id = attempt_map.id)
            WHERE NOT is_new
            """)
        try mapRejoined(connection)
    }

    /// How far an attempt came, where one of two databases was copied before its end: the greater one is kept.
    private static func key(_ schema: SQL, _ attempt: SQL) -> SQL {
        """
        CASE \(attempt).status WHEN 'completed' THEN 3 WHEN 'failed' THEN 2 WHEN 'cancelled' THEN 2 ELSE 1 END,
        coalesce(\(attempt).chunk_count, 0), \(attempt).counts, coalesce(\(attempt).duration_us, 0),
        \(attempt).prompt_tokens IS NOT NULL,
        EXISTS (SELECT 1 FROM \(schema).chunks AS c
            WHERE c.chunk_id = \(attempt).first_chunk_id AND c.attempt_id = \(attempt).attempt_id)
        """
    }

    private static func mapRejoined(_ connection: borrowing Connection) throws(SQLiteFailure) {
        // had, met: the attempts that were there, and those of them that the source has too.
        try connection.execute(
            """
            CREATE TEMP TABLE rejoined (job_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, had INTEGER NOT NULL,
                met INTEGER NOT NULL, gets INTEGER NOT NULL, newest INTEGER NOT NULL, deciding_run INTEGER)
            """)
        try connection.execute(
            """
            INSERT INTO temp.rejoined (job_id, source_id, had, met, gets, newest)
            SELECT j.id, j.source_id, (SELECT count(*) FROM main.attempts WHERE job_id = j.id),
                sum(NOT a.is_new), sum(a.is_new),
                (SELECT coalesce(max(number), 0) FROM main.attempts WHERE job_id = j.id)
            FROM temp.job_map AS j CROSS JOIN part.attempts AS s ON s.job_id = j.source_id
            CROSS JOIN temp.attempt_map AS a ON a.source_id = s.attempt_id
            WHERE NOT j.is_new
            GROUP BY j.source_id HAVING sum(a.is_new) > 0 OR sum(a.is_better) > 0
            """)
        try connection.execute(
            """
            UPDATE temp.rejoined SET deciding_run = (
                SELECT CASE m.wins
                    WHEN 1 THEN (SELECT r.id FROM temp.run_map AS r WHERE r.source_id = (
                        SELECT \(JobHistory.decidingRun("part", "s")) FROM part.jobs AS s WHERE s.job_id = m.source_id))
                    WHEN 0 THEN (
                        SELECT \(JobHistory.decidingRun("main", "o")) FROM main.jobs AS o WHERE o.job_id = m.id)
                    END
                FROM temp.job_map AS m WHERE m.source_id = rejoined.source_id)
            """)
    }

    /// Takes the attempts that are new, and those that came further than the stored ones, with their chunks.
    static func take(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let shift = try connection.integer("SELECT coalesce(max(chunk_id), 0) FROM main.chunks") ?? 0
        let newest = try connection.integer("SELECT coalesce(max(chunk_id), 0) FROM part.chunks") ?? 0
        // All numbers of chunks move by the same, so that the ranges of attempts stay what they are.
        guard (0..<Int64.max / 4).contains(shift), (0..<Int64.max / 4).contains(newest) else {
            throw SQLiteFailure(
                code: SQLiteFailure.misuse, message: "another program has used up the numbers of the table chunks")
        }
        let insert = try connection.prepare(
            """
            INSERT INTO main.attempts (attempt_id, job_id, number, run_id, \(columns), resumed_from, first_chunk_id,
                last_chunk_id, partial)
            SELECT m.id, m.job_id, s.number + coalesce(t.newest, 0), m.run_id, \(columns), \(references)
            FROM temp.attempt_map AS m CROSS JOIN part.attempts AS s ON s.attempt_id = m.source_id
            LEFT JOIN temp.rejoined AS t ON t.job_id = m.job_id
            WHERE m.is_new
            """)
        insert.bind(shift, at: 1)
        try insert.run()
        try connection.execute(
            """
            DELETE FROM main.chunks WHERE chunk_id IN (
                SELECT c.chunk_id FROM temp.attempt_map AS m CROSS JOIN main.attempts AS o ON o.attempt_id = m.id
                CROSS JOIN main.chunks AS c ON c.chunk_id BETWEEN o.first_chunk_id AND o.last_chunk_id
                    AND c.attempt_id = o.attempt_id
                WHERE m.is_better)
            """)
        let update = try connection.prepare(
            """
            UPDATE main.attempts SET (\(columns), resumed_from, first_chunk_id, last_chunk_id, partial) = (
                SELECT \(columns), \(references) FROM part.attempts AS s WHERE s.attempt_id = m.source_id)
            FROM temp.attempt_map AS m WHERE main.attempts.attempt_id = m.id AND m.is_better
            """)
        update.bind(shift, at: 1)
        try update.run()
        let chunks = try connection.prepare(
            """
            INSERT INTO main.chunks (chunk_id, attempt_id, seq, at_us, kind, choice, item, text)
            SELECT s.chunk_id + ?1, m.id, s.seq, s.at_us, s.kind, s.choice, s.item, s.text
            FROM part.chunks AS s CROSS JOIN temp.attempt_map AS m ON m.source_id = s.attempt_id
            WHERE m.is_new OR m.is_better
            ORDER BY s.chunk_id
            """)
        chunks.bind(shift, at: 1)
        try chunks.run()
    }
}
