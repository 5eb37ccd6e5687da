-- From schema 3 to schema 4: what was told to a run while it went on.
--
-- No row is written anew. The views are made again by the last step.

PRAGMA user_version = 4;

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

DROP VIEW IF EXISTS results;
DROP VIEW IF EXISTS messages;
DROP VIEW IF EXISTS failures;
DROP VIEW IF EXISTS partials;
DROP VIEW IF EXISTS latency;
DROP VIEW IF EXISTS usage_by_model;
DROP VIEW IF EXISTS usage_by_tier;
DROP VIEW IF EXISTS errors_by_kind;
DROP VIEW IF EXISTS resumed_attempts;
DROP VIEW IF EXISTS throughput;
