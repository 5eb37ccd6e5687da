-- llm4s-batch: ten questions to a batch, on the tables of `llm4s-batch schema`.
--
-- Any of them while a run is on: sqlite3 -box batch.db "SELECT ..."; all of them: sqlite3 -box batch.db < queries.sql.
-- Datasette serves the file as it is: datasette serve batch.db. DuckDB reads its tables and views after
-- ATTACH 'batch.db' AS batch (TYPE sqlite, READ_ONLY). Python: sqlite3.connect("file:batch.db?mode=ro", uri=True).

-- 1. How far is it? Jobs by state.
SELECT status, count(*) AS jobs, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent
FROM jobs GROUP BY status ORDER BY jobs DESC;

-- 2. The answers beside what was asked, in the order of the input. A line's metadata is a column of JSON.
SELECT custom_id, metadata ->> '$.expected' AS expected, substr(content, 1, 60) AS beginning, finish_reason
FROM results WHERE choice = 0 ORDER BY source, line LIMIT 100;

-- 3. Which answers were cut off by max_tokens, and how long are they?
SELECT custom_id, model, completion_tokens, substr(content, -40) AS ending
FROM results WHERE finish_reason = 'length' ORDER BY completion_tokens DESC LIMIT 100;

-- 4. Why did jobs fail? One row a reason, with a job to look at (llm4s-batch show).
SELECT error_kind, http_status, count(*) AS jobs, min(custom_id) AS job, max(error) AS example
FROM failures GROUP BY error_kind, http_status ORDER BY jobs DESC;

-- 5. Which jobs took the most attempts, and what went wrong on the way?
SELECT j.custom_id, j.status, count(*) AS attempts, group_concat(DISTINCT a.error_kind) AS errors,
    round(sum(a.duration_us) / 1e6, 2) AS seconds
FROM attempts AS a JOIN jobs AS j USING (job_id)
GROUP BY a.job_id HAVING count(*) > 1 ORDER BY attempts DESC, seconds DESC LIMIT 20;

-- 6. What did it use and cost, by model? What is billed and in no answer was lost to interruptions.
SELECT provider, model, completed, prompt_tokens, completion_tokens,
    billed_completion_tokens - completion_tokens AS lost_tokens, round(cost_usd, 4) AS usd
FROM usage_by_model ORDER BY cost_usd DESC, completion_tokens DESC;

-- 7. How fast was it, minute by minute?
SELECT strftime('%Y-%m-%d %H:%M', second, 'unixepoch') AS minute, sum(completed) AS completed, sum(failed) AS failed,
    sum(output_tokens) AS output_tokens, max(running) AS most_streams, max(waiting) AS most_waiting
FROM run_seconds GROUP BY minute ORDER BY minute;

-- 8. How long does the first token take, by model? Quantiles in milliseconds.
SELECT provider, model, jobs, ttft_us_p50 / 1000 AS p50, ttft_us_p90 / 1000 AS p90, ttft_us_p99 / 1000 AS p99,
    round(tokens_per_second, 1) AS tokens_per_second
FROM latency ORDER BY jobs DESC;

-- 9. Which answers are joined from pieces, by which strategy, who wrote each, and where are the seams? In characters.
SELECT j.custom_id, s.key + 1 AS piece, a.number AS attempt, coalesce(a.resume_strategy, 'first') AS strategy,
    s.value ->> '$.kept' AS characters, a.error_kind AS ended_by, a.endpoint
FROM completions AS c JOIN jobs AS j USING (job_id), json_each(c.seams) AS s
JOIN attempts AS a ON a.attempt_id = s.value ->> '$.attempt_id'
WHERE c.segments > 1 ORDER BY j.job_id, s.key LIMIT 100;

-- 10. A stream as it arrived: the first 50 pieces of the newest attempt, with the pause before each in milliseconds.
SELECT c.seq, c.at_us / 1000 AS at_ms, (c.at_us - lag(c.at_us, 1, 0) OVER (ORDER BY c.seq)) / 1000 AS pause_ms, c.kind,
    c.text
FROM (SELECT * FROM attempts WHERE first_chunk_id IS NOT NULL ORDER BY attempt_id DESC LIMIT 1) AS a
JOIN chunks AS c ON c.chunk_id BETWEEN a.first_chunk_id AND a.last_chunk_id AND c.attempt_id = a.attempt_id
ORDER BY c.seq LIMIT 50;
