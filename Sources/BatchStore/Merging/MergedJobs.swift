/// The jobs of a source, with their requests and answers.
enum MergedJobs {
    /// What a job that wins brings along; where it stands in its file is decided apart.
    private static let state: SQL = "provider, status, attempts, answers, not_before_ms, error_kind, error, updated_ms"

    /// What is taken of an answer as it is.
    private static let answer: SQL = """
        choice, created_ms, model, response_id, finish_reason, native_finish_reason, prompt_tokens, completion_tokens,
        total_tokens, cached_tokens, cache_creation_tokens, reasoning_tokens, usage_source, billed_prompt_tokens,
        billed_completion_tokens, cost_usd, ttft_us, duration_us, chunk_count, segments, usage, tool_calls, content,
        reasoning, refusal, message, "check", check_report, copied_from
        """

    /// Keeps a stored job as it is where the source knows no attempt of it that is not stored: it was revived since.
    ///
    /// Not in a merge, where the order of the sources must not tell.
    static func keepWhatIsNewer(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            UPDATE temp.job_map SET wins = 0 WHERE wins = 1
                AND (SELECT status FROM part.jobs WHERE job_id = job_map.source_id) IN ('failed', 'interrupted', 'pending')
                AND EXISTS (SELECT 1 FROM part.attempts WHERE job_id = job_map.source_id)
                AND NOT EXISTS (
                    SELECT 1 FROM part.attempts AS s CROSS JOIN temp.attempt_map AS a ON a.source_id = s.attempt_id
                    WHERE s.job_id = job_map.source_id AND (a.is_new OR a.is_better))
            """)
    }

    /// Fills `job_map`: the number of each job, and for one that is there already which of both is kept.
    ///
    /// New ones get numbers in the order of their input, which is the order in which they are sent.
    static func map(_ connection: borrowing Connection) throws(SQLiteFailure) {
        // wins: 1 the source's is kept, 0 the stored one, NULL where they are the same.
        try connection.execute(
            """
            CREATE TEMP TABLE job_map (source_id INTEGER PRIMARY KEY, id INTEGER NOT NULL, is_new INTEGER NOT NULL,
                wins INTEGER, takes_place INTEGER NOT NULL DEFAULT 0)
            """)
        try connection.execute(
            """
            INSERT INTO temp.job_map (source_id, id, is_new)
            SELECT s.job_id, coalesce(o.job_id, (
                    SELECT coalesce(max(job_id), 0) FROM main.jobs WHERE job_id < 4611686018427387904)
                + sum(o.job_id IS NULL) OVER (ORDER BY s.source, s.line IS NULL, s.line, s.custom_id)), o.job_id IS NULL
            FROM part.jobs AS s LEFT JOIN main.jobs AS o ON o.custom_id = s.custom_id
            """)
        try connection.execute(
            """
            UPDATE temp.job_map SET wins = (
                SELECT CASE WHEN (\(JobHistory.key("part", "s"))) < (\(JobHistory.key("main", "o"))) THEN 1
                    WHEN (\(JobHistory.key("part", "s"))) > (\(JobHistory.key("main", "o"))) THEN 0 END
                FROM part.jobs AS s CROSS JOIN main.jobs AS o
                WHERE s.job_id = job_map.source_id AND o.job_id = job_map.id)
            WHERE NOT is_new
            """)
        try connection.execute(
            """
            UPDATE temp.job_map SET takes_place = (
                SELECT (s.line IS NULL, s.source, coalesce(s.line, 0), coalesce(t.metadata, ''))
                    < (o.line IS NULL, o.source, coalesce(o.line, 0), coalesce(r.metadata, ''))
                FROM part.jobs AS s CROSS JOIN part.requests AS t ON t.job_id = s.job_id
                CROSS JOIN main.jobs AS o CROSS JOIN main.requests AS r ON r.job_id = o.job_id
                WHERE s.job_id = job_map.source_id AND o.job_id = job_map.id)
            WHERE NOT is_new
            """)
    }

    /// Takes the jobs that are new, before anything refers to them: SQLite would look for what does at each of them.
    static func takeNew(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            INSERT INTO main.jobs (job_id, custom_id, source, line, model, request_sha256, created_ms, sample,
                \(state))
            SELECT m.id, custom_id, source, line, model, request_sha256, created_ms, sample, \(state)
            FROM temp.job_map AS m CROSS JOIN part.jobs AS s ON s.job_id = m.source_id
            WHERE m.is_new
            """)
        try connection.execute(
            """
            INSERT INTO main.requests (job_id, metadata, request, "check")
            SELECT m.id, metadata, request, "check"
            FROM temp.job_map AS m CROSS JOIN part.requests AS s ON s.job_id = m.source_id
            WHERE m.is_new
            """)
    }

    /// Takes of the other jobs what is better, all answers, and the lines that were left out; after the attempts.
    static func take(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try improve(connection)
        try takePlaces(connection)
        try takeAnswers(connection)
        try connection.execute(
            """
            INSERT INTO main.rejected_lines (source, line, reason, text)
            SELECT source, line, reason, text FROM part.rejected_lines WHERE true
            ON CONFLICT DO UPDATE SET reason = excluded.reason, text = excluded.text
                WHERE (excluded.reason, excluded.text) < (reason, text)
            """)
    }

    private static func improve(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            UPDATE main.jobs SET (\(state)) = (SELECT \(state) FROM part.jobs WHERE job_id = m.source_id)
            FROM temp.job_map AS m WHERE main.jobs.job_id = m.id AND m.wins = 1
            """)
        try connection.execute(
            """
            UPDATE main.requests SET request = s.request, "check" = s."check"
            FROM temp.job_map AS m CROSS JOIN part.requests AS s ON s.job_id = m.source_id
            WHERE main.requests.job_id = m.id AND m.wins = 1
            """)
    }

    /// A job that several files have stands where the first of them by name has it.
    private static func takePlaces(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            UPDATE main.jobs SET source = s.source, line = s.line
            FROM temp.job_map AS m CROSS JOIN part.jobs AS s ON s.job_id = m.source_id
            WHERE main.jobs.job_id = m.id AND m.takes_place
            """)
        try connection.execute(
            """
            UPDATE main.requests SET metadata = s.metadata
            FROM temp.job_map AS m CROSS JOIN part.requests AS s ON s.job_id = m.source_id
            WHERE main.requests.job_id = m.id AND m.takes_place
            """)
        try connection.execute(
            """
            UPDATE main.jobs SET created_ms = s.created_ms
            FROM temp.job_map AS m CROSS JOIN part.jobs AS s ON s.job_id = m.source_id
            WHERE main.jobs.job_id = m.id AND NOT m.is_new AND s.created_ms < main.jobs.created_ms
            """)
        try connection.execute(
            """
            UPDATE main.jobs SET sample = s.sample
            FROM temp.job_map AS m CROSS JOIN part.jobs AS s ON s.job_id = m.source_id
            WHERE main.jobs.job_id = m.id AND NOT m.is_new AND s.sample > coalesce(main.jobs.sample, 0)
            """)
    }

    private static func takeAnswers(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            "DELETE FROM main.completions WHERE job_id IN (SELECT id FROM temp.job_map WHERE wins = 1)")
        try connection.execute(
            """
            INSERT INTO main.completions (job_id, attempt_id, seams, \(answer))
            SELECT m.id, a.id, \(MergedAttempts.renumbered("s.seams")), \(answer)
            FROM temp.job_map AS m CROSS JOIN part.completions AS s ON s.job_id = m.source_id
            CROSS JOIN temp.attempt_map AS a ON a.source_id = s.attempt_id
            WHERE m.is_new OR m.wins = 1
            """)
    }
}
