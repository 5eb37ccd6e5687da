/// The statements by which jobs are handed out; a test reads their plans, which must not sort or scan `jobs`.
enum QueueQuery {
    /// ?1 the job before, ?2 how many, ?4 and ?5 the scope, ?6 and ?7 provider and model.
    static let ready: StaticString = """
        SELECT j.job_id, j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256, j.attempts, r.request,
            (SELECT max(number) FROM attempts WHERE job_id = j.job_id AND number < 1000000000000)
        FROM jobs AS j INDEXED BY jobs_ready CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.status IN ('pending', 'interrupted') AND j.not_before_ms IS NULL AND j.provider = ?6 AND j.model = ?7
            AND j.job_id > ?1
            AND (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
                OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
        ORDER BY j.job_id
        LIMIT ?2
        """

    /// ?1 now, ?4 and ?5 the scope, ?6 and ?7 provider and model.
    ///
    /// Read until there are enough that do not run.
    static let due: StaticString = """
        SELECT j.job_id, j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256, j.attempts, r.request,
            (SELECT max(number) FROM attempts WHERE job_id = j.job_id AND number < 1000000000000)
        FROM jobs AS j INDEXED BY jobs_waiting CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.provider = ?6 AND j.model = ?7 AND j.not_before_ms <= ?1
            AND (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
                OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
        ORDER BY j.not_before_ms, j.job_id
        """

    /// ?1 now, ?2 the jobs, ?4 and ?5 the scope, ?6 and ?7 provider and model.
    static let dueAmong: StaticString = """
        SELECT j.job_id, j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256, j.attempts, r.request,
            (SELECT max(number) FROM attempts WHERE job_id = j.job_id)
        FROM json_each(?2) AS wanted CROSS JOIN jobs AS j ON j.job_id = wanted.value
        CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.provider = ?6 AND j.model = ?7 AND j.not_before_ms <= ?1
            AND (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
                OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
        """

    /// ?4 and ?5 the scope, ?6 and ?7 provider and model.
    ///
    /// Read until there is one that does not run.
    static let nextDue: StaticString = """
        SELECT j.job_id, j.not_before_ms
        FROM jobs AS j INDEXED BY jobs_waiting
        WHERE j.provider = ?6 AND j.model = ?7 AND j.not_before_ms IS NOT NULL
            AND (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
                OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
        ORDER BY j.not_before_ms, j.job_id
        """

    /// ?1 and ?2 the lane before: the next one with jobs that never waited.
    static let readyLane: StaticString = """
        SELECT provider, model FROM jobs INDEXED BY jobs_ready
        WHERE status IN ('pending', 'interrupted') AND not_before_ms IS NULL AND (provider, model) > (?1, ?2)
        ORDER BY provider, model
        LIMIT 1
        """

    /// ?1 and ?2 the lane before: the next one with jobs that wait.
    static let waitingLane: StaticString = """
        SELECT provider, model FROM jobs INDEXED BY jobs_waiting
        WHERE not_before_ms IS NOT NULL AND (provider, model) > (?1, ?2)
        ORDER BY provider, model
        LIMIT 1
        """

    /// ?1 the job, ?2 the hash of its request: how its newest tries that counted failed.
    static let failures: StaticString = """
        SELECT http_status, error_code, error FROM attempts INDEXED BY attempts_of_job
        WHERE job_id = ?1 AND request_sha256 = ?2 AND counts = 1 AND error IS NOT NULL
        ORDER BY number DESC
        LIMIT 2
        """

    /// ?1 the job, ?2 the hash of its request: the newest text that may be used again.
    static let partial: StaticString = """
        SELECT attempt_id, partial FROM attempts INDEXED BY attempts_of_job
        WHERE job_id = ?1 AND request_sha256 = ?2 AND partial IS NOT NULL
        ORDER BY number DESC
        LIMIT 1
        """
}
