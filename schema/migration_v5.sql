-- From schema 4 to schema 5: answers that are not taken, what a check found of the others, samples, and answers that
-- are another job's.
--
-- No row is written anew, and no table is read: the texts of tables are changed in place, as SQLite's documentation has it
-- for CHECK (lang_altertable.html, 7). ALTER TABLE ADD COLUMN would do the same to the texts, but newer versions of it
-- read the whole of a STRICT table: here every answer. What a row lacks at its end is the column's default. The views are
-- made again by the last step.

PRAGMA user_version = 5;

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

PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(
    sql, '''outage'', ''cancelled''', '''outage'', ''cancelled'', ''invalid_answer'', ''timeout_check'', ''repetition'''
)
WHERE type = 'table' AND name IN ('jobs', 'attempts');
-- Behind all columns, also those that another program has added.
UPDATE sqlite_schema
SET sql = substr(sql, 1, length(sql) - length(') STRICT'))
    || ', answers INTEGER NOT NULL DEFAULT 0 CHECK (answers >= 0), sample INTEGER CHECK (sample >= 1)) STRICT'
WHERE type = 'table' AND name = 'jobs' AND sql LIKE '%) STRICT';
UPDATE sqlite_schema
SET sql = substr(sql, 1, length(sql) - length(') STRICT')) || ', "check" TEXT) STRICT'
WHERE type = 'table' AND name = 'requests' AND sql LIKE '%) STRICT';
UPDATE sqlite_schema
SET sql = replace(
    sql, 'PRIMARY KEY (job_id, choice)',
    '"check" TEXT CHECK ("check" = ''ok'' OR "check" = ''mended'' OR "check" = ''failed''), check_report TEXT, '
    || 'copied_from TEXT, PRIMARY KEY (job_id, choice)'
)
WHERE type = 'table' AND name = 'completions';
-- Reads the tables' new texts.
PRAGMA writable_schema = RESET;

-- Where another program has made a table anew, its text may not be what is looked for.
CREATE TEMP TABLE changed_tables (
    count INTEGER CONSTRAINT "the tables jobs, requests, attempts and completions are as llm4s-batch made them"
        CHECK (count = 5)
);
INSERT INTO temp.changed_tables
SELECT count(*) FROM (
    SELECT 1 FROM sqlite_schema
    WHERE type = 'table' AND name IN ('jobs', 'attempts') AND instr(sql, '''repetition''') > 0
    UNION ALL
    SELECT 1 FROM pragma_table_info('jobs') WHERE name = 'sample'
    UNION ALL
    SELECT 1 FROM pragma_table_info('requests') WHERE name = 'check'
    UNION ALL
    SELECT 1 FROM pragma_table_info('completions') WHERE name = 'copied_from'
);
DROP TABLE temp.changed_tables;
