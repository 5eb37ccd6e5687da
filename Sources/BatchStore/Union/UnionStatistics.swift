extension BatchUnion {
    /// What the answers of all databases took, of a job that several have once: quantiles are those of all values.
    ///
    /// What they are told by is copied to temporary files, some hundred bytes an answer. Nothing else can be asked of the
    /// union then.
    ///
    /// - Parameter costs: gets the reader that holds all, for costs by other prices than those of the time.
    package func statistics(
        _ costs: (BatchReader) async throws -> BatchCosts?
    ) async throws -> BatchStatistics {
        if members.count == 1 {
            let reader = try await BatchReader.open(members[0].name)
            let statistics = try await Self.statistics(reader, costs)
            await reader.close()
            return statistics
        }
        var scratch: BatchReader
        if let overlap {
            scratch = overlap.merged
        } else {
            scratch = try await BatchReader.scratch(named: Overlap.name)
        }
        for (number, member) in members.enumerated() {
            let reader = try await BatchReader.open(member.name)
            try await scratch.append(database: number, from: member.name)
            await reader.close()
        }
        let statistics = try await Self.statistics(scratch, costs)
        await scratch.close()
        return statistics
    }

    private static func statistics(
        _ reader: BatchReader, _ costs: (BatchReader) async throws -> BatchCosts?
    ) async throws -> BatchStatistics {
        var statistics = try await reader.statistics()
        if let costs = try await costs(reader) { statistics.tell(costs) }
        return statistics
    }
}

extension BatchReader {
    /// What statistics need, and what stands in the place of other columns; a row's own numbers are `n` greater here.
    private static let told: [(table: String, columns: [(name: String, value: String)])] = [
        (
            "jobs",
            [
                ("job_id", "job_id + n"), ("custom_id", "job_id + n"), ("source", "''"), ("provider", "provider"),
                ("model", "model"), ("request_sha256", "''"), ("status", "status"), ("created_ms", "0"),
                ("updated_ms", "0"),
            ]
        ),
        (
            "attempts",
            [
                ("attempt_id", "attempt_id + n"), ("job_id", "job_id + n"), ("number", "number"), ("counts", "counts"),
                ("run_id", "0"), ("endpoint", "endpoint"), ("request_sha256", "''"),
                ("resumed_from", "resumed_from + n"),
                ("resume_strategy", "resume_strategy"),
                ("resume_reason", "iif(resume_strategy IS NULL, resume_reason, NULL)"), ("started_ms", "started_ms"),
                ("first_chunk_us", "first_chunk_us"), ("duration_us", "duration_us"), ("status", "status"),
                ("http_status", "http_status"), ("error_kind", "error_kind"), ("error", "error"),
                ("error_code", "error_code"), ("response_id", "response_id"), ("chunk_count", "chunk_count"),
                ("gaps", "gaps"),
                ("prompt_tokens", "prompt_tokens"), ("completion_tokens", "completion_tokens"),
                ("cost_usd", "cost_usd"), ("service_tier", "service_tier"),
                ("partial", "iif(json_valid(partial), json_object('tokens', partial -> '$.tokens'), NULL)"),
            ]
        ),
        (
            "completions",
            [
                ("job_id", "job_id + n"), ("choice", "choice"), ("attempt_id", "attempt_id + n"), ("created_ms", "0"),
                ("finish_reason", "finish_reason"), ("prompt_tokens", "prompt_tokens"),
                ("completion_tokens", "completion_tokens"), ("cached_tokens", "cached_tokens"),
                ("reasoning_tokens", "reasoning_tokens"), ("usage_source", "usage_source"),
                ("billed_prompt_tokens", "billed_prompt_tokens"),
                ("billed_completion_tokens", "billed_completion_tokens"), ("cost_usd", "cost_usd"),
                ("ttft_us", "ttft_us"), ("duration_us", "duration_us"), ("segments", "segments"), ("seams", "'[]'"),
                ("usage", "usage"), ("content", "''"), ("check", "\"check\""), ("copied_from", "copied_from"),
                ("message", "''"),
            ]
        ),
    ]

    /// Adds to this scratch what statistics need of a database's jobs that no other one has.
    fileprivate func append(database: Int, from name: String) throws(StoreError) {
        try take(from: name) { (address, connection) throws(SQLiteFailure) in
            // The ids of the jobs that several have are in it, and the rest gets numbers in their place: they may meet.
            try connection.execute("DROP INDEX IF EXISTS main.jobs_id")
            let jobs = try connection.integer("SELECT max(job_id) FROM main.jobs") ?? 0
            let attempts = try connection.integer("SELECT max(attempt_id) FROM main.attempts") ?? 0
            try Self.reading(address, connection) { (connection) throws(SQLiteFailure) in
                try Self.expectOrdinaryNumbers(connection)
                for (table, columns) in Self.told {
                    let known = Set(try Self.columns(of: table, connection))
                    let taken = columns.filter { known.contains($0.name) }
                    let names = Self.list(taken.map(\.name))
                    let values = taken.map(\.value).joined(separator: ", ")
                    try connection.run(
                        """
                        INSERT INTO main.\(table) (\(names)) SELECT \(values)
                        FROM source.\(table) AS s CROSS JOIN (SELECT \(max(jobs, attempts)) AS n)
                        WHERE NOT EXISTS (
                            SELECT 1 FROM notes.shared AS t WHERE t.database = \(database) AND t.job_id = s.job_id)
                        """)
                }
            }
        }
    }

    /// Those that another program has given at the ends of their range leave no room.
    private static func expectOrdinaryNumbers(_ connection: borrowing Connection) throws(SQLiteFailure) {
        for numbers: SQL in [
            "SELECT min(job_id) FROM source.jobs", "SELECT max(job_id) FROM source.jobs",
            "SELECT min(attempt_id) FROM source.attempts", "SELECT max(attempt_id) FROM source.attempts",
        ] {
            guard (0..<Int64.max / 4).contains(try connection.integer(numbers) ?? 0) else {
                throw SQLiteFailure(
                    code: SQLiteFailure.misuse, message: "another program has used up the numbers of jobs or attempts")
            }
        }
    }
}
