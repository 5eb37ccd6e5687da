-- From schema 2 to schema 3: an answer's message no longer repeats its content, and the view messages gives it whole.
--
-- No row is written anew: stored messages stay whole, and so does the constraint UNIQUE of jobs.custom_id, in whose place a
-- new file has the index jobs_id. The views are made again by the last step.

PRAGMA user_version = 3;

DROP VIEW IF EXISTS results;
DROP VIEW IF EXISTS failures;
DROP VIEW IF EXISTS partials;
DROP VIEW IF EXISTS latency;
DROP VIEW IF EXISTS usage_by_model;
DROP VIEW IF EXISTS usage_by_tier;
DROP VIEW IF EXISTS errors_by_kind;
DROP VIEW IF EXISTS resumed_attempts;
DROP VIEW IF EXISTS throughput;
