-- From schema 1 to schema 2: the tier that served an attempt, and why a run stopped.
--
-- The views are made again by the last step.

PRAGMA user_version = 2;

ALTER TABLE attempts ADD COLUMN service_tier TEXT;
ALTER TABLE runs ADD COLUMN stop_reason TEXT;

DROP VIEW IF EXISTS results;
DROP VIEW IF EXISTS failures;
DROP VIEW IF EXISTS partials;
DROP VIEW IF EXISTS latency;
DROP VIEW IF EXISTS usage_by_model;
DROP VIEW IF EXISTS errors_by_kind;
DROP VIEW IF EXISTS resumed_attempts;
DROP VIEW IF EXISTS throughput;
