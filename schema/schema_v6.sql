-- llm4s-batch: the database of a batch. Schema 6.
--
-- One SQLite file in WAL mode, which sqlite3, Datasette, DuckDB or pandas may read while a run is on. Only the worker
-- that holds the lock DB.lock writes. Start with the views at the end: results, messages, failures, partials,
-- rejected_answers, latency, usage_by_model, usage_by_tier, usage_by_endpoint, errors_by_kind, throughput.
--
-- Units: *_ms are Unix milliseconds, *_us are microseconds, of an attempt from its start. Tokens are as the provider
-- counted them; NULL means that it did not say, which is not 0. Lengths of text (*_chars, seams) are Unicode scalars,
-- as SQLite's length() and substr() count them.
--
-- The checks of words are chains of OR where rows are written often: for a list with IN SQLite builds a temporary table
-- each time, which costs 3 us.

PRAGMA application_id = 0x4C344253; -- 'L4BS'
PRAGMA user_version = 6;

-- One row a call of run, resume or retry.
CREATE TABLE runs (
    run_id INTEGER PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    -- NULL while it runs, and where its process died: the time is not known.
    finished_ms INTEGER,
    -- interrupted: stopped with work left, or its process died.
    status TEXT NOT NULL CHECK (status = 'running' OR status = 'finished' OR status = 'interrupted'),
    exit_code INTEGER,
    -- Why it stopped with work left, in words. NULL: all was done, or the reason is not known.
    stop_reason TEXT,
    -- run, resume or retry.
    command TEXT NOT NULL,
    -- The options in force, JSON; never a secret.
    options TEXT NOT NULL CHECK (json_valid(options)),
    -- Of llm4s-batch.
    version TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    -- How its endpoints stood when they were last looked at: JSON [{provider, endpoint, width, running, silent, reason}].
    -- NULL: it had none, or an earlier version ran.
    endpoints TEXT
) STRICT;

-- What happened in each second of a run.
CREATE TABLE run_seconds (
    run_id INTEGER NOT NULL REFERENCES runs,
    -- Unix seconds.
    second INTEGER NOT NULL,
    -- Pieces received in this second, and the output tokens in them: an estimate until an answer reports its own.
    chunks INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    -- Jobs that ended in this second, counted after their COMMIT.
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    -- At the end of this second: open streams, and jobs that wait for another attempt.
    running INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    -- What jobs that could be sent waited for at its end: JSON [{name, reason, until_ms, …}], name a provider,
    -- provider/model or provider at URL; of_one_endpoint: while others of its provider go on. NULL: for nothing.
    waits TEXT,
    PRIMARY KEY (run_id, second)
) STRICT, WITHOUT ROWID;

-- What was told to a run while it went on: by ctl, or by the program that it is a part of.
CREATE TABLE run_changes (
    run_id INTEGER NOT NULL REFERENCES runs,
    -- From 1 within its run, in the order in which they held.
    number INTEGER NOT NULL CHECK (number >= 1),
    -- When it held.
    at_ms INTEGER NOT NULL,
    -- pause, continue, drain, concurrency, rpm, tpm, max-cost, cancel or now.
    command TEXT NOT NULL,
    -- What it was set to, as it is typed: 32, openai=600, none; of cancel and now the ids, JSON. NULL: it has no value.
    value TEXT,
    -- 1 where resume and retry take it over.
    keep INTEGER NOT NULL CHECK (keep = 0 OR keep = 1),
    -- The streams that were open beyond it when it held, and went on; of cancel those that were closed.
    streams_over INTEGER NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

-- The queue: one row a job. Narrow, since each attempt rewrites it; the request is in requests.
--
-- pending -> running -> completed | failed | cancelled; back to pending, or to interrupted where text was kept.
CREATE TABLE jobs (
    job_id INTEGER PRIMARY KEY,
    -- The line's id (or custom_id), else derived from the request's hash.
    custom_id TEXT NOT NULL,
    -- The file as the user named it, and the line in it from 1; of a batch that is one document, the request in it.
    -- NULL in line: the file no longer has this job; run leaves it out, resume runs it.
    source TEXT NOT NULL,
    line INTEGER CHECK (line >= 1),
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    -- Lower-case hexadecimal, over the canonical form of the request.
    request_sha256 TEXT NOT NULL,
    status TEXT NOT NULL CHECK (
        status = 'pending' OR status = 'running' OR status = 'interrupted' OR status = 'completed'
        OR status = 'failed' OR status = 'cancelled'
    ),
    -- The attempts that count against --max-attempts; all of them are in the table attempts.
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- The answers that were not taken and count against --max-answers; all of them are in the view rejected_answers.
    answers INTEGER NOT NULL DEFAULT 0 CHECK (answers >= 0),
    -- Which of its line's samples it is, from 1. NULL: the line is one job.
    sample INTEGER CHECK (sample >= 1),
    -- When a job that waits for another attempt may run. NULL: it does not wait.
    not_before_ms INTEGER CHECK (not_before_ms IS NULL OR status = 'pending' OR status = 'interrupted'),
    -- Why it failed or waits: of the newest attempt.
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

-- No two jobs have one id. Made behind the load of a new file, since ids in any order cost many times as much one by one:
-- where it is missing, the load was cut short, and the next worker makes it. Tables of schema 1 and 2 have UNIQUE instead.
CREATE UNIQUE INDEX jobs_id ON jobs (custom_id);
-- What can run: never sent or left by a run, and waiting for another attempt. Each index holds only the rows that can
-- run, with what counting them needs. The jobs of a provider and model are a range, so that those of a paused model do
-- not stand before those of another.
CREATE INDEX jobs_ready ON jobs (provider, model, job_id, status, not_before_ms)
WHERE status IN ('pending', 'interrupted') AND not_before_ms IS NULL;
CREATE INDEX jobs_waiting ON jobs (provider, model, not_before_ms, job_id, status, error_kind)
WHERE not_before_ms IS NOT NULL;
-- What retry revives and failures shows.
CREATE INDEX jobs_failed ON jobs (status, error_kind)
WHERE status IN ('failed', 'cancelled');
-- The order of the input, for results.
CREATE INDEX jobs_input ON jobs (source, line);

-- What is sent for a job: written once, changed by --on-changed replace only.
CREATE TABLE requests (
    job_id INTEGER PRIMARY KEY REFERENCES jobs,
    -- The line's metadata, JSON.
    metadata TEXT,
    -- The request as given, JSON with its member order and number texts. Not checked here: the parser has read it, and
    -- reading it again costs more than storing it.
    request TEXT NOT NULL,
    -- What the line says a right answer is, JSON. NULL: it says nothing.
    "check" TEXT
) STRICT;

-- One row an attempt: a request over HTTP, or what stands for it where a job got an answer without one.
CREATE TABLE attempts (
    attempt_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs,
    -- From 1 within its job.
    number INTEGER NOT NULL CHECK (number >= 1),
    -- 1 where it counts against the job's attempts; a rate limit or a killed process does not.
    counts INTEGER NOT NULL CHECK (counts = 0 OR counts = 1),
    run_id INTEGER NOT NULL REFERENCES runs,
    -- Where it was sent: the provider's base URL, with # and the variable of the key where there are several keys. NULL:
    -- nothing was sent, or an earlier version did not note it.
    endpoint TEXT,
    -- What was sent; differs from the job's after --on-changed replace, and nothing of such an attempt is used again.
    request_sha256 TEXT NOT NULL,
    -- The attempt whose text it went on from, how, and how much of the joined text was sent along. NULL: it began anew.
    resumed_from INTEGER REFERENCES attempts,
    resume_strategy TEXT CHECK (
        resume_strategy IS NULL OR resume_strategy IN ('replay', 'prefill', 'continue', 'restart', 'turn')
    ),
    -- prefix_chars is 0 where a response that its server had kept came whole.
    prefix_chars INTEGER,
    -- Why it was done so, in words.
    resume_reason TEXT,
    -- What was asked for and not sent, and why; a JSON array of sentences, NULL where all was sent.
    notes TEXT,
    -- How much of the beginning of its answer was found to repeat the prefix.
    overlap_chars INTEGER,
    started_ms INTEGER NOT NULL,
    -- The first byte of the response, and the first piece of content.
    first_byte_us INTEGER,
    first_chunk_us INTEGER,
    -- Until its end; where the process died, until its last stored chunk.
    duration_us INTEGER,
    status TEXT NOT NULL CHECK (
        status = 'running' OR status = 'completed' OR status = 'interrupted' OR status = 'failed'
        OR status = 'cancelled'
    ),
    -- The provider's own word.
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
    -- The provider's own code or type of the error, such as insufficient_quota; of an answer that was not taken the sort
    -- of it: stopped_early, length, refusal, blank or command.
    error_code TEXT,
    -- How long the provider asked to wait.
    retry_after_ms INTEGER,
    -- The provider's names of the request and of the response.
    request_id TEXT,
    response_id TEXT,
    -- The range of its rows in chunks, other attempts' rows among them. NULL: nothing came, or --chunks none. Where
    -- its first row is not there, its rows were deleted: by --chunks partial, or by compact.
    first_chunk_id INTEGER,
    last_chunk_id INTEGER,
    -- The pieces that came, stored or not.
    chunk_count INTEGER,
    -- Times between pieces: JSON, from each bucket's least time in microseconds to its count; buckets are a quarter of
    -- an octave wide.
    gaps TEXT,
    -- As reported; an estimate for an attempt that broke before the report, once its job is completed.
    prompt_tokens INTEGER,
    -- As reported; in an attempt that did not end, or where nothing was reported, at least the pieces that came.
    completion_tokens INTEGER,
    usage_source TEXT CHECK (
        usage_source = 'provider' OR usage_source = 'mixed' OR usage_source = 'estimate' OR usage_source = 'none'
    ),
    -- What it cost: the provider's own figure, else its tokens by the price table. NULL: not known.
    cost_usd REAL,
    -- The service tier that served it, in the provider's word, such as flex. NULL: it did not say.
    service_tier TEXT,
    -- Where it did not complete: the answer so far, joined with what it went on from; where its answer was not taken, that
    -- answer, which nothing goes on from. JSON with, per choice, choice,
    -- text, reasoning, refusal, tool_calls, open_tool_call, open_reasoning, paused_turn; and content_deltas, seams,
    -- tokens, and where the server keeps the stream, cursor. Last in the row, so that reading the rest does not read it.
    partial TEXT
) STRICT;

CREATE UNIQUE INDEX attempts_of_job ON attempts (job_id, number);
-- What went on from kept text.
CREATE INDEX attempts_resumed ON attempts (resumed_from, resume_strategy, chunk_count)
WHERE resumed_from IS NOT NULL;
-- What a dead worker left.
CREATE INDEX attempts_running ON attempts (attempt_id)
WHERE status = 'running';

-- Every piece of every answer, in the order of arrival over all streams: append-only.
--
-- An attempt's rows lie from its first_chunk_id to its last_chunk_id, other attempts' rows between them. No index, no
-- foreign key and no CHECK, on purpose: with 1,000 streams interleaved a row costs 0.5 us of CPU; a second index or a
-- table clustered on (attempt_id, seq) costs 6 to 14 us and many times the I/O, and a foreign key's look-up costs as
-- much again as the row.
CREATE TABLE chunks (
    chunk_id INTEGER PRIMARY KEY,
    attempt_id INTEGER NOT NULL,
    -- From 0 within its attempt, without gaps.
    seq INTEGER NOT NULL,
    -- When it arrived; pieces of one read share the time.
    at_us INTEGER NOT NULL,
    -- text, reasoning, refusal, tool_call, tool_arguments, signature, citation, reasoning_details, logprobs, block,
    -- item, response, usage, finish, native_finish, cursor.
    kind TEXT NOT NULL,
    -- The answer it belongs to, from 0 (option n), and the tool call or content block within it, from 0.
    choice INTEGER NOT NULL,
    item INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;

-- One row an answer: one for each choice of a completed job, all of them whole.
CREATE TABLE completions (
    job_id INTEGER NOT NULL REFERENCES jobs,
    choice INTEGER NOT NULL,
    -- The attempt that ended it.
    attempt_id INTEGER NOT NULL REFERENCES attempts,
    created_ms INTEGER NOT NULL,
    -- The model that answered, as it calls itself.
    model TEXT,
    response_id TEXT,
    -- stop, length, tool_calls, content_filter, refusal or unknown; and the provider's own word.
    finish_reason TEXT NOT NULL CHECK (
        finish_reason = 'stop' OR finish_reason = 'length' OR finish_reason = 'tool_calls'
        OR finish_reason = 'content_filter' OR finish_reason = 'refusal' OR finish_reason = 'unknown'
    ),
    native_finish_reason TEXT,
    -- Usage is of the whole job and the same on each of its choices: sum over the rows with choice = 0.
    -- Of the request as first sent: a continuation's holds the kept text, which is taken off.
    prompt_tokens INTEGER,
    -- Of the final text.
    completion_tokens INTEGER,
    total_tokens INTEGER,
    cached_tokens INTEGER,
    cache_creation_tokens INTEGER,
    reasoning_tokens INTEGER,
    usage_source TEXT NOT NULL CHECK (
        usage_source = 'provider' OR usage_source = 'mixed' OR usage_source = 'estimate' OR usage_source = 'none'
    ),
    -- Over all attempts of this request with distinct response ids: what the provider is likely to bill.
    billed_prompt_tokens INTEGER,
    billed_completion_tokens INTEGER,
    -- Over the same attempts, those whose cost is known. NULL: it is known of none.
    cost_usd REAL,
    -- Of the first attempt that brought content; the sum of all attempts; the pieces of all attempts. NULL are the times of
    -- an answer that is another job's.
    ttft_us INTEGER,
    duration_us INTEGER,
    chunk_count INTEGER,
    -- How many pieces the content is joined from, and how: JSON [{attempt_id, choice, start, kept, restored}], of several
    -- pieces with the endpoint of each where that is known.
    -- content = the concatenation of substr(text of the attempt, start + 1, kept) || restored, where the text of an
    -- attempt is its chunks of kind text and that choice, in the order of seq. A text with U+0000 ends there for
    -- substr().
    segments INTEGER NOT NULL CHECK (segments >= 1),
    seams TEXT NOT NULL,
    -- What the job's check found: ok, mended (it is right without what stood around it), or failed (it was kept all the
    -- same). NULL: the job has no check.
    "check" TEXT CHECK ("check" = 'ok' OR "check" = 'mended' OR "check" = 'failed'),
    -- What there is to say about the answer: JSON with findings, mended and loop, as far as there are any.
    check_report TEXT,
    -- The id of the job that was sent, where this one asks the same and got its answer: nothing was billed for it then.
    copied_from TEXT,
    -- The provider's last usage report, JSON.
    usage TEXT,
    -- JSON, in OpenAI's chat form.
    tool_calls TEXT,
    content TEXT NOT NULL,
    reasoning TEXT,
    refusal TEXT,
    -- What a next turn must send back, JSON in the provider's own form, thinking signatures included. The view messages
    -- has it whole: here the character U+001A, which no JSON holds, stands for each string in it that is the content.
    message TEXT NOT NULL,
    PRIMARY KEY (job_id, choice)
) STRICT;

-- What status sums.
CREATE INDEX completions_usage ON completions (
    choice, prompt_tokens, completion_tokens, cost_usd, billed_completion_tokens
)
WHERE choice = 0;

-- Answers that are joined from pieces.
CREATE INDEX completions_joined ON completions (segments)
WHERE choice = 0 AND segments > 1;

-- Lines that --skip-invalid left out.
CREATE TABLE rejected_lines (
    source TEXT NOT NULL,
    line INTEGER NOT NULL,
    reason TEXT NOT NULL,
    -- The line; bytes that are not UTF-8 are U+FFFD.
    text TEXT NOT NULL,
    PRIMARY KEY (source, line)
) STRICT, WITHOUT ROWID;

-- The views are also DuckDB's, which hands them to SQLite in its own spelling: joins have a condition or are CROSS, and
-- beside a join it is count(column), since count(*) would become a function that SQLite does not have. Sums leave out
-- impossible numbers, since a single row with the greatest integer would end them with an error.

-- Answers, one row a job and choice; base_id is the id of the line that a sample is of.
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

-- What a next turn must send back for each answer, whole.
CREATE VIEW messages AS
SELECT
    j.custom_id, c.choice, replace(c.message, '"\u001a"' ->> '$', json_quote(c.content)) AS message, c.job_id
FROM completions AS c
JOIN jobs AS j USING (job_id);

-- Jobs that failed, with the response to their last attempt.
CREATE VIEW failures AS
SELECT
    j.custom_id, j.source, j.line, j.provider, j.model, j.status, j.error_kind, j.error, a.http_status, a.error_code,
    a.request_id, j.attempts, a.number AS tries, j.updated_ms, j.job_id
FROM jobs AS j
LEFT JOIN attempts AS a ON a.job_id = j.job_id
    AND a.number = (SELECT max(number) FROM attempts WHERE job_id = j.job_id)
WHERE j.status IN ('failed', 'cancelled');

-- Text that was kept of answers that are not complete, one row a job and choice: of the newest attempt of its request
-- that left any, unless its answer was not taken: nothing goes on from that, nor from what came before it.
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

-- Answers that were not taken, one row an attempt and choice; one that brought nothing has an empty text.
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

-- Times of completed jobs per model: quantiles by nearest rank, and output tokens per second of streaming.
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

-- Tokens per model: what the answers have, those that are another job's once, and what all attempts, failed ones included, are likely to be billed as and
-- cost; unpriced are the answers whose cost is not known, which no sum of costs holds.
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

-- The same by the tier that served: tokens and cost over all attempts that the provider accepted, each response once;
-- unpriced are those responses whose cost is not known.
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

-- What each endpoint did: tokens and cost over all attempts that were sent there, each response once. cached_tokens are of
-- the answers that ended there, and cached_share is what part of their prompts' tokens that is; NULL where no answer told.
CREATE VIEW usage_by_endpoint AS
WITH responses AS (
    SELECT job_id, endpoint, count(*) AS tries,
        count(*) FILTER (WHERE error_kind IS NOT NULL AND error_kind <> 'cancelled') AS failures,
        max(prompt_tokens) FILTER (WHERE prompt_tokens BETWEEN 0 AND 1e12) AS prompt_tokens,
        max(completion_tokens) FILTER (WHERE completion_tokens BETWEEN 0 AND 1e12) AS completion_tokens,
        max(cost_usd) FILTER (WHERE cost_usd BETWEEN 0 AND 1e12) AS cost_usd
    FROM attempts
    WHERE endpoint IS NOT NULL
    GROUP BY job_id, endpoint, coalesce(response_id, 'attempt ' || attempt_id)
),
used AS (
    SELECT j.provider, r.endpoint, sum(r.tries) AS tries, sum(r.failures) AS failures,
        sum(r.prompt_tokens) AS prompt_tokens, sum(r.completion_tokens) AS completion_tokens, sum(r.cost_usd) AS cost_usd
    FROM responses AS r JOIN jobs AS j USING (job_id)
    GROUP BY j.provider, r.endpoint
),
-- An answer that was kept whole until it was judged ended where the attempt before was sent.
answered AS (
    SELECT j.provider, c.endpoint, count(c.job_id) AS answers,
        sum(c.prompt_tokens) FILTER (WHERE c.prompt_tokens BETWEEN 0 AND 1e12) AS prompt_tokens,
        sum(c.cached_tokens) FILTER (WHERE c.cached_tokens BETWEEN 0 AND 1e12) AS cached_tokens
    FROM (
        SELECT c.job_id, c.prompt_tokens, c.cached_tokens,
            coalesce(a.endpoint, (SELECT b.endpoint FROM attempts AS b WHERE b.attempt_id = a.resumed_from)) AS endpoint
        FROM completions AS c JOIN attempts AS a ON a.attempt_id = c.attempt_id
        WHERE c.choice = 0 AND c.copied_from IS NULL
    ) AS c
    JOIN jobs AS j USING (job_id)
    WHERE c.endpoint IS NOT NULL
    GROUP BY j.provider, c.endpoint
)
SELECT
    u.provider, u.endpoint, u.tries, coalesce(a.answers, 0) AS answers, u.failures, u.prompt_tokens, u.completion_tokens,
    u.cost_usd, a.prompt_tokens AS answered_prompt_tokens, a.cached_tokens,
    1.0 * a.cached_tokens / nullif(a.prompt_tokens, 0) AS cached_share
FROM used AS u
LEFT JOIN answered AS a ON a.provider = u.provider AND a.endpoint = u.endpoint;

-- What went wrong, over all attempts, also where a later attempt succeeded.
CREATE VIEW errors_by_kind AS
SELECT
    error_kind, http_status, count(*) AS tries, count(DISTINCT job_id) AS jobs, min(started_ms) AS first_ms,
    max(started_ms) AS last_ms, max(error) AS example
FROM attempts
WHERE error_kind IS NOT NULL
GROUP BY error_kind, http_status;

-- Attempts that went on from kept text, by strategy, and the output tokens that they did not generate again.
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

-- How fast each run was, from its seconds.
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
