import BatchEngine

/// What two databases know of the same job, compared: which of both is kept (Contract, "Merge").
enum JobHistory {
    /// What is compared of a job `job` of the schema `schema`; the least wins.
    ///
    /// Completed before failed before partial before new; of two answers the earlier, then the lesser response id, then the
    /// lesser text; of two partial texts the longer. What follows only makes the order whole, so that it does not depend on
    /// which database came first.
    static func key(_ schema: SQL, _ job: SQL) -> SQL {
        """
        CASE \(job).status WHEN 'completed' THEN 0 WHEN 'failed' THEN 1 WHEN 'cancelled' THEN 2
            WHEN 'interrupted' THEN 3 ELSE 4 END,
        \(answer("created_ms", "0", schema, job)), \(answer("response_id", "''", schema, job)),
        \(answer("content", "''", schema, job)),
        \(answer(StoredMessage.whole(of: "completions"), "''", schema, job)),
        \(answer("duration_us", "0", schema, job)), \(answer("ttft_us", "0", schema, job)),
        -coalesce(\(partialLength(schema, job)), 0), -\(job).attempts, -\(job).answers,
        -\(job).updated_ms,
        coalesce(\(job).error_kind, ''), coalesce(\(job).error, ''), coalesce(\(job).not_before_ms, 0),
        \(job).provider, (SELECT request FROM \(schema).requests WHERE job_id = \(job).job_id)
        """
    }

    /// A column of the job's first answer; `none` where there is nothing, since NULL compares to nothing.
    private static func answer(_ column: SQL, _ none: SQL, _ schema: SQL, _ job: SQL) -> SQL {
        """
        coalesce((SELECT \(column) FROM \(schema).completions WHERE job_id = \(job).job_id AND choice = 0), \(none))
        """
    }

    /// The scalars of the text that an interrupted job can go on from.
    private static func partialLength(_ schema: SQL, _ job: SQL) -> SQL {
        """
        iif(\(job).status = 'interrupted', (
            SELECT length(iif(json_valid(partial) AND NOT \(StoredPartial.isRejected), partial, '{}')
                ->> '$.choices[0].text') FROM \(schema).attempts
            WHERE attempt_id = \(newestPartial(schema, job))), NULL)
        """
    }

    private static func newestPartial(_ schema: SQL, _ job: SQL) -> SQL {
        """
        (SELECT attempt_id FROM \(schema).attempts
        WHERE \(StoredPartial.candidates(ofJob: "\(job).job_id", "\(job).request_sha256"))
        ORDER BY number DESC LIMIT 1)
        """
    }

    /// The run whose attempt made a job of the schema `schema` what it is: NULL where it has no attempt.
    static func decidingRun(_ schema: SQL, _ job: SQL) -> SQL {
        """
        (SELECT run_id FROM \(schema).attempts WHERE attempt_id = coalesce(
            (SELECT attempt_id FROM \(schema).completions WHERE job_id = \(job).job_id ORDER BY choice LIMIT 1),
            iif(\(job).status = 'interrupted', \(newestPartial(schema, job)), NULL),
            (SELECT attempt_id FROM \(schema).attempts WHERE job_id = \(job).job_id ORDER BY number DESC LIMIT 1)))
        """
    }
}
