import BatchEngine

/// The statements by which jobs are handed out; a test reads their plans, which must not sort or scan `jobs`.
///
/// In all of them ?4 and ?5 are the scope, ?6 and ?7 provider and model.
enum QueueQuery {
    /// What is read of a job; numbers of attempts that cannot be genuine are passed over.
    private static let columns: SQL = """
        j.job_id, j.custom_id, j.source, j.line, j.provider, j.model, j.request_sha256, j.attempts, r.request,
            (SELECT max(number) FROM attempts WHERE job_id = j.job_id AND number < 1000000000000), j.answers,
            r."check", j.sample
        """

    /// ?1 the job before, ?2 how many.
    static let ready: SQL = """
        SELECT \(columns)
        FROM jobs AS j INDEXED BY jobs_ready CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.status IN ('pending', 'interrupted') AND j.not_before_ms IS NULL AND j.provider = ?6 AND j.model = ?7
            AND j.job_id > ?1 AND \(JobScope.condition)
        ORDER BY j.job_id
        LIMIT ?2
        """

    /// ?1 now.
    ///
    /// Read until there are enough that do not run.
    static let due: SQL = """
        SELECT \(columns)
        FROM jobs AS j INDEXED BY jobs_waiting CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.provider = ?6 AND j.model = ?7 AND j.not_before_ms <= ?1 AND \(JobScope.condition)
        ORDER BY j.not_before_ms, j.job_id
        """

    /// ?1 now, ?2 the jobs.
    static let dueAmong: SQL = """
        SELECT \(columns)
        FROM json_each(?2) AS wanted CROSS JOIN jobs AS j ON j.job_id = wanted.value
        CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.provider = ?6 AND j.model = ?7 AND j.not_before_ms <= ?1 AND \(JobScope.condition)
        """

    /// ?2 the jobs.
    static let asked: SQL = """
        SELECT \(columns)
        FROM json_each(?2) AS wanted CROSS JOIN jobs AS j ON j.job_id = wanted.value
        CROSS JOIN requests AS r ON r.job_id = j.job_id
        WHERE j.status IN ('pending', 'interrupted') AND \(JobScope.condition)
        ORDER BY wanted.key
        """

    /// Read until there is one that does not run.
    static let nextDue: SQL = """
        SELECT j.job_id, j.not_before_ms
        FROM jobs AS j INDEXED BY jobs_waiting
        WHERE j.provider = ?6 AND j.model = ?7 AND j.not_before_ms IS NOT NULL AND \(JobScope.condition)
        ORDER BY j.not_before_ms, j.job_id
        """

    /// ?1 and ?2 provider and model before: the next model with jobs that never waited.
    static let readyModel: SQL = nextModel(
        in: "jobs_ready", where: "status IN ('pending', 'interrupted') AND not_before_ms IS NULL")

    /// ?1 and ?2 provider and model before: the next model with jobs that wait.
    static let waitingModel: SQL = nextModel(in: "jobs_waiting", where: "not_before_ms IS NOT NULL")

    private static func nextModel(in index: SQL, where condition: SQL) -> SQL {
        """
        SELECT provider, model FROM jobs INDEXED BY \(index)
        WHERE \(condition) AND (provider, model) > (?1, ?2)
        ORDER BY provider, model
        LIMIT 1
        """
    }

    /// ?1 the job, ?2 the hash of its request: how its newest attempts that counted failed.
    static let failures: SQL = """
        SELECT http_status, error_code, error, endpoint FROM attempts INDEXED BY attempts_of_job
        WHERE job_id = ?1 AND request_sha256 = ?2 AND counts = 1 AND error IS NOT NULL
        ORDER BY number DESC
        LIMIT 2
        """

    /// ?1 the job, ?2 the hash of its request: the newest text, NULL where it may not be used again.
    static let partial: SQL = """
        SELECT attempt_id, iif(\(StoredPartial.isRejected), NULL, partial), endpoint
        FROM attempts INDEXED BY attempts_of_job
        WHERE \(StoredPartial.candidates(ofJob: "?1", "?2"))
        ORDER BY number DESC
        LIMIT 1
        """

    /// ?1 the job, ?2 the hash of its request, ?3 how many: its newest answers that were not taken.
    static let rejected: SQL = """
        SELECT attempt_id, error_kind, error_code, error, completion_tokens, partial
        FROM attempts INDEXED BY attempts_of_job
        WHERE job_id = ?1 AND request_sha256 = ?2 AND \(StoredPartial.isRejected)
        ORDER BY number DESC
        LIMIT ?3
        """
}
