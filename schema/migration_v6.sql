-- From schema 5 to schema 6: where an attempt was sent.
--
-- No row is written anew, and no table is read: the table's text is changed in place, for the reasons that the step before
-- gives. The views are made again from schema_v6.sql, behind this.

PRAGMA user_version = 6;

DROP VIEW IF EXISTS results;
DROP VIEW IF EXISTS messages;
DROP VIEW IF EXISTS failures;
DROP VIEW IF EXISTS partials;
DROP VIEW IF EXISTS rejected_answers;
DROP VIEW IF EXISTS latency;
DROP VIEW IF EXISTS usage_by_model;
DROP VIEW IF EXISTS usage_by_tier;
DROP VIEW IF EXISTS errors_by_kind;
DROP VIEW IF EXISTS resumed_attempts;
DROP VIEW IF EXISTS throughput;

-- The table is small.
ALTER TABLE runs ADD COLUMN endpoints TEXT;

PRAGMA writable_schema = ON;
-- Behind all columns, also those that another program has added.
UPDATE sqlite_schema
SET sql = substr(sql, 1, length(sql) - length(') STRICT')) || ', endpoint TEXT) STRICT'
WHERE type = 'table' AND name = 'attempts' AND sql LIKE '%) STRICT';
-- Reads the table's new text.
PRAGMA writable_schema = RESET;

-- Where another program has made the table anew, its text may not end as ours does.
CREATE TEMP TABLE changed_tables (
    count INTEGER CONSTRAINT "the table attempts is as llm4s-batch made it" CHECK (count = 1)
);
INSERT INTO temp.changed_tables SELECT count(*) FROM pragma_table_info('attempts') WHERE name = 'endpoint';
DROP TABLE temp.changed_tables;
