/// The database as the program made it with schema 5.
enum SchemaFive {
    static let sql = #"""
        PRAGMA application_id = 0x4C344253;
        PRAGMA user_version = 5;
        CREATE TABLE runs (
            run_id INTEGER PRIMARY KEY,
            started_ms INTEGER NOT NULL,
            finished_ms INTEGER,
            status TEXT NOT NULL CHECK (status = 'running' OR status = 'finished' OR status = 'interrupted'),
            exit_code INTEGER,
            stop_reason TEXT,
            command TEXT NOT NULL,
            options TEXT NOT NULL CHECK (json_valid(options)),
            version TEXT NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE run_seconds (
            run_id INTEGER NOT NULL REFERENCES runs,
            second INTEGER NOT NULL,
            chunks INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            completed INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            running INTEGER NOT NULL,
            waiting INTEGER NOT NULL,
            waits TEXT,
            PRIMARY KEY (run_id, second)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE run_changes (
            run_id INTEGER NOT NULL REFERENCES runs,
            number INTEGER NOT NULL CHECK (number >= 1),
            at_ms INTEGER NOT NULL,
            command TEXT NOT NULL,
            value TEXT,
            keep INTEGER NOT NULL CHECK (keep = 0 OR keep = 1),
            streams_over INTEGER NOT NULL,
            PRIMARY KEY (run_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE jobs (
            job_id INTEGER PRIMARY KEY,
            custom_id TEXT NOT NULL,
            source TEXT NOT NULL,
            line INTEGER CHECK (line >= 1),
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            request_sha256 TEXT NOT NULL,
            status TEXT NOT NULL CHECK (
                status = 'pending' OR status = 'running' OR status = 'interrupted' OR status = 'completed'
                OR status = 'failed' OR status = 'cancelled'
            ),
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            answers INTEGER NOT NULL DEFAULT 0 CHECK (answers >= 0),
            sample INTEGER CHECK (sample >= 1),
            not_before_ms INTEGER CHECK (not_before_ms IS NULL OR status = 'pending' OR status = 'interrupted'),
            error_kind TEXT CHECK (
                error_kind IS NULL OR error_kind IN (
                    'dns', 'connect', 'tls', 'proxy', 'timeout_connect', 'timeout_first_token', 'timeout_idle',
                    'timeout_stall', 'timeout_job', 'cut', 'auth', 'quota', 'permission', 'not_found', 'rate_limit',
                    'overloaded', 'server', 'invalid_request', 'content_policy', 'context_length', 'decode',
                    'oversized_event', 'oversized_completion', 'redirect', 'outage', 'cancelled', 'invalid_answer',
                    'timeout_check', 'repetition'
                )
            ),
            error TEXT,
            created_ms INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX jobs_id ON jobs (custom_id);
        CREATE INDEX jobs_ready ON jobs (provider, model, job_id, status, not_before_ms)
        WHERE status IN ('pending', 'interrupted') AND not_before_ms IS NULL;
        CREATE INDEX jobs_waiting ON jobs (provider, model, not_before_ms, job_id, status, error_kind)
        WHERE not_before_ms IS NOT NULL;
        CREATE INDEX jobs_failed ON jobs (status, error_kind)
        WHERE status IN ('failed', 'cancelled');
        CREATE INDEX jobs_input ON jobs (source, line);
        CREATE TABLE requests (
            job_id INTEGER PRIMARY KEY REFERENCES jobs,
            metadata TEXT,
            request TEXT NOT NULL,
            "check" TEXT
        ) STRICT;
        CREATE TABLE attempts (
            attempt_id INTEGER PRIMARY KEY,
            job_id INTEGER NOT NULL REFERENCES jobs,
            number INTEGER NOT NULL CHECK (number >= 1),
            counts INTEGER NOT NULL CHECK (counts = 0 OR counts = 1),
            run_id INTEGER NOT NULL REFERENCES runs,
            request_sha256 TEXT NOT NULL,
            resumed_from INTEGER REFERENCES attempts,
            resume_strategy TEXT CHECK (
                resume_strategy IS NULL OR resume_strategy IN ('replay', 'prefill', 'continue', 'restart', 'turn')
            ),
            prefix_chars INTEGER,
            resume_reason TEXT,
            notes TEXT,
            overlap_chars INTEGER,
            started_ms INTEGER NOT NULL,
            first_byte_us INTEGER,
            first_chunk_us INTEGER,
            duration_us INTEGER,
            status TEXT NOT NULL CHECK (
                status = 'running' OR status = 'completed' OR status = 'interrupted' OR status = 'failed'
                OR status = 'cancelled'
            ),
            finish_reason TEXT,
            http_status INTEGER,
            error_kind TEXT CHECK (
                error_kind IS NULL OR error_kind IN (
                    'dns', 'connect', 'tls', 'proxy', 'timeout_connect', 'timeout_first_token', 'timeout_idle',
                    'timeout_stall', 'timeout_job', 'cut', 'auth', 'quota', 'permission', 'not_found', 'rate_limit',
                    'overloaded', 'server', 'invalid_request', 'content_policy', 'context_length', 'decode',
                    'oversized_event', 'oversized_completion', 'redirect', 'outage', 'cancelled', 'invalid_answer',
                    'timeout_check', 'repetition'
                )
            ),
            error TEXT,
            error_code TEXT,
            retry_after_ms INTEGER,
            request_id TEXT,
            response_id TEXT,
            first_chunk_id INTEGER,
            last_chunk_id INTEGER,
            chunk_count INTEGER,
            gaps TEXT,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            usage_source TEXT CHECK (
                usage_source = 'provider' OR usage_source = 'mixed' OR usage_source = 'estimate' OR usage_source = 'none'
            ),
            cost_usd REAL,
            service_tier TEXT,
            partial TEXT
        ) STRICT;
        CREATE UNIQUE INDEX attempts_of_job ON attempts (job_id, number);
        CREATE INDEX attempts_resumed ON attempts (resumed_from, resume_strategy, chunk_count)
        WHERE resumed_from IS NOT NULL;
        CREATE INDEX attempts_running ON attempts (attempt_id)
        WHERE status = 'running';
        CREATE TABLE chunks (
            chunk_id INTEGER PRIMARY KEY,
            attempt_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at_us INTEGER NOT NULL,
            kind TEXT NOT NULL,
            choice INTEGER NOT NULL,
            item INTEGER NOT NULL,
            text TEXT NOT NULL
        ) STRICT;
        CREATE TABLE completions (
            job_id INTEGER NOT NULL REFERENCES jobs,
            choice INTEGER NOT NULL,
            attempt_id INTEGER NOT NULL REFERENCES attempts,
            created_ms INTEGER NOT NULL,
            model TEXT,
            response_id TEXT,
            finish_reason TEXT NOT NULL CHECK (
                finish_reason = 'stop' OR finish_reason = 'length' OR finish_reason = 'tool_calls'
                OR finish_reason = 'content_filter' OR finish_reason = 'refusal' OR finish_reason = 'unknown'
            ),
            native_finish_reason TEXT,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            total_tokens INTEGER,
            cached_tokens INTEGER,
            cache_creation_tokens INTEGER,
            reasoning_tokens INTEGER,
            usage_source TEXT NOT NULL CHECK (
                usage_source = 'provider' OR usage_source = 'mixed' OR usage_source = 'estimate' OR usage_source = 'none'
            ),
            billed_prompt_tokens INTEGER,
            billed_completion_tokens INTEGER,
            cost_usd REAL,
            ttft_us INTEGER,
            duration_us INTEGER,
            chunk_count INTEGER,
            segments INTEGER NOT NULL CHECK (segments >= 1),
            seams TEXT NOT NULL,
            "check" TEXT CHECK ("check" = 'ok' OR "check" = 'mended' OR "check" = 'failed'),
            check_report TEXT,
            copied_from TEXT,
            usage TEXT,
            tool_calls TEXT,
            content TEXT NOT NULL,
            reasoning TEXT,
            refusal TEXT,
            message TEXT NOT NULL,
            PRIMARY KEY (job_id, choice)
        ) STRICT;
        CREATE INDEX completions_usage ON completions (
            choice, prompt_tokens, completion_tokens, cost_usd, billed_completion_tokens
        )
        WHERE choice = 0;
        CREATE INDEX completions_joined ON completions (segments)
        WHERE choice = 0 AND segments > 1;
        CREATE TABLE rejected_lines (
            source TEXT NOT NULL,
            line INTEGER NOT NULL,
            reason TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (source, line)
        ) STRICT, WITHOUT ROWID;
        CREATE VIEW results AS
        SELECT
            j.custom_id, c.choice, j.source, j.line, j.status, j.provider, coalesce(c.model, j.model) AS model, c.content,
            c.reasoning, c.refusal, c.tool_calls, c.finish_reason, c.prompt_tokens, c.completion_tokens, c.cached_tokens,
            c.reasoning_tokens, c.usage_source, c.cost_usd, c.ttft_us, c.duration_us, c.segments, j.attempts, c.response_id,
            c.created_ms, r.metadata, j.job_id, c."check", c.check_report, c.copied_from,
            CASE
                WHEN substr(j.custom_id, -length('#' || j.sample)) = '#' || j.sample
                    THEN substr(j.custom_id, 1, length(j.custom_id) - length('#' || j.sample))
                ELSE j.custom_id
            END AS base_id,
            coalesce(j.sample, 1) AS sample
        FROM completions AS c
        JOIN jobs AS j USING (job_id)
        JOIN requests AS r USING (job_id);
        CREATE VIEW messages AS
        SELECT
            j.custom_id, c.choice, replace(c.message, '"\u001a"' ->> '$', json_quote(c.content)) AS message, c.job_id
        FROM completions AS c
        JOIN jobs AS j USING (job_id);
        CREATE VIEW failures AS
        SELECT
            j.custom_id, j.source, j.line, j.provider, j.model, j.status, j.error_kind, j.error, a.http_status, a.error_code,
            a.request_id, j.attempts, a.number AS tries, j.updated_ms, j.job_id
        FROM jobs AS j
        LEFT JOIN attempts AS a ON a.job_id = j.job_id
            AND a.number = (SELECT max(number) FROM attempts WHERE job_id = j.job_id)
        WHERE j.status IN ('failed', 'cancelled');
        CREATE VIEW partials AS
        SELECT
            j.custom_id, p.value ->> 'choice' AS choice, j.source, j.line, j.provider, j.model, j.status,
            p.value ->> 'text' AS text, p.value ->> 'reasoning' AS reasoning, p.value ->> 'tool_calls' AS tool_calls,
            a.error_kind, a.error, a.attempt_id, j.job_id
        FROM jobs AS j
        JOIN attempts AS a ON a.attempt_id = (
            SELECT attempt_id FROM attempts
            WHERE job_id = j.job_id AND request_sha256 = j.request_sha256
                AND (partial IS NOT NULL OR error_kind IN ('invalid_answer', 'repetition'))
            ORDER BY number DESC LIMIT 1
        )
        CROSS JOIN json_each(CASE WHEN json_valid(a.partial) THEN a.partial ELSE '{}' END, '$.choices') AS p
        WHERE j.status <> 'completed' AND (a.error_kind IS NULL OR a.error_kind NOT IN ('invalid_answer', 'repetition'));
        CREATE VIEW rejected_answers AS
        SELECT
            j.custom_id, a.attempt_id, a.number, a.error AS reason, coalesce(p.value ->> 'text', '') AS text,
            p.value ->> 'tool_calls' AS tool_calls, a.completion_tokens, a.cost_usd,
            CASE WHEN a.error_code = 'stopped_early' THEN 1 ELSE 0 END AS stopped_early, p.value ->> 'choice' AS choice,
            j.job_id
        FROM attempts AS a
        JOIN jobs AS j USING (job_id)
        CROSS JOIN json_each(
            CASE WHEN json_valid(a.partial) THEN a.partial ELSE '{"choices":[{"choice":0}]}' END, '$.choices'
        ) AS p
        WHERE a.error_kind IN ('invalid_answer', 'repetition');
        CREATE VIEW latency AS
        WITH ranked AS (
            SELECT
                j.provider, j.model, c.ttft_us, c.duration_us, c.completion_tokens,
                row_number() OVER (of_model ORDER BY c.ttft_us NULLS LAST) AS ttft_rank,
                count(c.ttft_us) OVER of_model AS ttfts,
                row_number() OVER (of_model ORDER BY c.duration_us NULLS LAST) AS duration_rank,
                count(c.duration_us) OVER of_model AS durations
            FROM completions AS c
            JOIN jobs AS j USING (job_id)
            WHERE c.choice = 0
            WINDOW of_model AS (PARTITION BY j.provider, j.model)
        )
        SELECT
            provider, model, count(*) AS jobs,
            min(ttft_us) FILTER (WHERE 100 * ttft_rank >= 50 * ttfts) AS ttft_us_p50,
            min(ttft_us) FILTER (WHERE 100 * ttft_rank >= 90 * ttfts) AS ttft_us_p90,
            min(ttft_us) FILTER (WHERE 100 * ttft_rank >= 99 * ttfts) AS ttft_us_p99,
            min(duration_us) FILTER (WHERE 100 * duration_rank >= 50 * durations) AS duration_us_p50,
            min(duration_us) FILTER (WHERE 100 * duration_rank >= 90 * durations) AS duration_us_p90,
            min(duration_us) FILTER (WHERE 100 * duration_rank >= 99 * durations) AS duration_us_p99,
            1e6 * sum(completion_tokens) FILTER (WHERE completion_tokens BETWEEN 0 AND 1e12 AND duration_us > ttft_us)
            / sum(1.0 * duration_us - ttft_us) FILTER (WHERE completion_tokens BETWEEN 0 AND 1e12 AND duration_us > ttft_us)
                AS tokens_per_second
        FROM ranked
        GROUP BY provider, model;
        CREATE VIEW usage_by_model AS
        WITH responses AS (
            SELECT job_id, count(*) AS tries,
                max(prompt_tokens) FILTER (WHERE prompt_tokens BETWEEN 0 AND 1e12) AS prompt_tokens,
                max(completion_tokens) FILTER (WHERE completion_tokens BETWEEN 0 AND 1e12) AS completion_tokens,
                max(cost_usd) FILTER (WHERE cost_usd BETWEEN 0 AND 1e12) AS cost_usd
            FROM attempts
            GROUP BY job_id, coalesce(response_id, 'attempt ' || attempt_id)
        ),
        billed AS (
            SELECT j.provider, j.model, sum(tries) AS tries, sum(prompt_tokens) AS prompt_tokens,
                sum(completion_tokens) AS completion_tokens, sum(cost_usd) AS cost_usd
            FROM responses JOIN jobs AS j USING (job_id)
            GROUP BY j.provider, j.model
        ),
        answered AS (
            SELECT j.provider, j.model, count(*) AS jobs,
                sum(c.prompt_tokens) FILTER (WHERE c.prompt_tokens BETWEEN 0 AND 1e12 AND c.copied_from IS NULL)
                    AS prompt_tokens,
                sum(c.completion_tokens) FILTER (WHERE c.completion_tokens BETWEEN 0 AND 1e12 AND c.copied_from IS NULL)
                    AS completion_tokens,
                sum(c.cached_tokens) FILTER (WHERE c.cached_tokens BETWEEN 0 AND 1e12 AND c.copied_from IS NULL)
                    AS cached_tokens,
                sum(c.reasoning_tokens) FILTER (WHERE c.reasoning_tokens BETWEEN 0 AND 1e12 AND c.copied_from IS NULL)
                    AS reasoning_tokens,
                count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced
            FROM completions AS c JOIN jobs AS j USING (job_id)
            WHERE c.choice = 0
            GROUP BY j.provider, j.model
        )
        SELECT
            b.provider, b.model, coalesce(a.jobs, 0) AS completed, b.tries, a.prompt_tokens, a.completion_tokens,
            a.cached_tokens, a.reasoning_tokens, b.prompt_tokens AS billed_prompt_tokens,
            b.completion_tokens AS billed_completion_tokens, b.cost_usd, coalesce(a.unpriced, 0) AS unpriced
        FROM billed AS b
        LEFT JOIN answered AS a ON a.provider = b.provider AND a.model = b.model;
        CREATE VIEW usage_by_tier AS
        WITH responses AS (
            SELECT job_id, max(service_tier) AS service_tier, max(status = 'completed') AS completed,
                max(prompt_tokens) FILTER (WHERE prompt_tokens BETWEEN 0 AND 1e12) AS prompt_tokens,
                max(completion_tokens) FILTER (WHERE completion_tokens BETWEEN 0 AND 1e12) AS completion_tokens,
                max(cost_usd) FILTER (WHERE cost_usd BETWEEN 0 AND 1e12) AS cost_usd
            FROM attempts
            WHERE prompt_tokens IS NOT NULL OR completion_tokens > 0 OR chunk_count > 0
            GROUP BY job_id, coalesce(response_id, 'attempt ' || attempt_id)
        )
        SELECT
            j.provider, j.model, r.service_tier, sum(r.completed) AS completed, count(r.job_id) AS responses,
            sum(r.prompt_tokens) AS prompt_tokens, sum(r.completion_tokens) AS completion_tokens, sum(r.cost_usd) AS cost_usd,
            count(r.job_id) FILTER (WHERE r.cost_usd IS NULL) AS unpriced
        FROM responses AS r JOIN jobs AS j USING (job_id)
        GROUP BY j.provider, j.model, r.service_tier;
        CREATE VIEW errors_by_kind AS
        SELECT
            error_kind, http_status, count(*) AS tries, count(DISTINCT job_id) AS jobs, min(started_ms) AS first_ms,
            max(started_ms) AS last_ms, max(error) AS example
        FROM attempts
        WHERE error_kind IS NOT NULL
        GROUP BY error_kind, http_status;
        CREATE VIEW resumed_attempts AS
        SELECT
            a.resume_strategy AS strategy, count(a.attempt_id) AS attempts,
            coalesce(sum(b.tokens) FILTER (WHERE b.tokens BETWEEN 0 AND 1e12), 0) AS kept_tokens
        FROM attempts AS a
        JOIN (
            SELECT attempt_id, CASE WHEN json_valid(partial) THEN partial ->> '$.tokens' END AS tokens FROM attempts
        ) AS b ON b.attempt_id = a.resumed_from
        WHERE a.resumed_from IS NOT NULL AND a.chunk_count > 0
        GROUP BY a.resume_strategy;
        CREATE VIEW throughput AS
        SELECT
            r.run_id, r.command, r.status, r.started_ms, count(s.second) AS seconds,
            sum(s.completed) FILTER (WHERE s.completed BETWEEN 0 AND 1e12) AS completed,
            sum(s.failed) FILTER (WHERE s.failed BETWEEN 0 AND 1e12) AS failed,
            sum(s.output_tokens) FILTER (WHERE s.output_tokens BETWEEN 0 AND 1e12) AS output_tokens,
            round(sum(1.0 * s.completed) / count(s.second), 3) AS completed_per_second,
            round(sum(1.0 * s.output_tokens) / count(s.second), 1) AS output_tokens_per_second,
            round(sum(1.0 * s.chunks) / count(s.second), 1) AS chunks_per_second,
            max(s.chunks) AS chunks_per_second_peak, max(s.running) AS running_peak
        FROM runs AS r
        JOIN run_seconds AS s USING (run_id)
        GROUP BY r.run_id;
        """#
}
