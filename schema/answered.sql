-- The jobs that have an answer, by what they asked: made by the first run with --dedupe, in the databases that have such a
-- run. It is kept up to date by SQLite from then on, and merge does not make it.
--
-- Its second condition is that of the one query which reads it, and of no other: none of them is planned otherwise where it
-- is there.
CREATE INDEX IF NOT EXISTS jobs_answered ON jobs (request_sha256, sample)
WHERE status = 'completed' AND request_sha256 <> '';
