-- Every object has a number of its own within its connection, given when it is inserted and never again: what a run has seen is
-- a set of small numbers and not of keys.
ALTER TABLE connections ADD COLUMN last_ordinal bigint NOT NULL DEFAULT 0;

ALTER TABLE objects
    ADD COLUMN ordinal bigint,
    -- The metadata can be read as jsonb: PostgreSQL 15 has no test for that, and a cast that fails ends the query.
    ADD COLUMN is_json boolean,
    ALTER COLUMN created_at SET DEFAULT now(),
    ALTER COLUMN updated_at SET DEFAULT now();

CREATE FUNCTION pg_temp.readable_as_jsonb(value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM value::jsonb;
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    RETURN false;
END $$;

UPDATE objects o SET ordinal = n.ordinal, is_json = pg_temp.readable_as_jsonb(o.metadata)
FROM (SELECT ctid, row_number() OVER (PARTITION BY connection_id) AS ordinal FROM objects) n
WHERE o.ctid = n.ctid;

UPDATE connections c SET last_ordinal = n.last FROM (SELECT connection_id, max(ordinal) AS last FROM objects GROUP BY connection_id) n
WHERE c.connection_id = n.connection_id;

ALTER TABLE objects ALTER COLUMN ordinal SET NOT NULL, ALTER COLUMN is_json SET NOT NULL;

-- For the purge. Rows that are alive have no entry in it, so loads pay nothing.
CREATE INDEX objects_deleted ON objects (deleted_at) WHERE deleted_at IS NOT NULL;

-- What a connector knows of its source, once what it covers is stored. version rises with every change, by a run or by hand.
CREATE TABLE states (
    connection_id uuid NOT NULL REFERENCES connections,
    stream        text COLLATE "C" NOT NULL,
    state         bytea NOT NULL,
    version       bigint NOT NULL,
    -- Null: written by hand.
    run_id        uuid,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (connection_id, stream)
) WITH (fillfactor = 50);

-- Inserted after this ordinal is seen by the run, whatever is in seen.
ALTER TABLE run_counts ADD COLUMN seen_from bigint NOT NULL DEFAULT 0;

-- What a run has sent and what was there already: ordinals, sorted, as differences in LEB128; one row for each transaction and stream.
CREATE TABLE seen (
    run_id        uuid NOT NULL,
    part          bigint GENERATED ALWAYS AS IDENTITY,
    connection_id uuid NOT NULL,
    stream        text COLLATE "C" NOT NULL,
    ordinals      bytea NOT NULL,
    PRIMARY KEY (run_id, part)
);
-- The numbers don't compress, so it is not tried.
ALTER TABLE seen ALTER COLUMN ordinals SET STORAGE EXTERNAL;
CREATE INDEX seen_by_connection ON seen (connection_id);

-- Streams of a run in which objects without a readable key came: which objects they were is unknown, so these streams are not swept.
CREATE TABLE unreadable_keys (
    run_id  uuid NOT NULL,
    stream  text COLLATE "C" NOT NULL,
    rejects bigint NOT NULL,
    PRIMARY KEY (run_id, stream)
);

-- The decision on each stream that a run listed completely. held: the delete guard waits for a person; the run's seen rows stay until then.
CREATE TABLE sweeps (
    run_id        uuid NOT NULL REFERENCES outcomes,
    stream        text COLLATE "C" NOT NULL,
    connection_id uuid NOT NULL,
    decision      text NOT NULL CHECK (decision IN ('swept', 'held', 'skipped')),
    -- How many objects the stream had, how many of them the run did not see; of a skipped sweep neither is counted.
    objects       bigint NOT NULL,
    unseen        bigint NOT NULL,
    seen_from     bigint NOT NULL,
    decided_at    timestamptz NOT NULL,
    PRIMARY KEY (run_id, stream)
);

ALTER TABLE outcomes
    -- No longer written; the rows in sweeps say it by stream. To be dropped once no older version can run beside this one.
    ALTER COLUMN full_listing SET DEFAULT false,
    ADD COLUMN connection text NOT NULL DEFAULT '',
    ADD COLUMN connector text NOT NULL DEFAULT '',
    ADD COLUMN notify_changes boolean NOT NULL DEFAULT false;
CREATE INDEX outcomes_by_connection ON outcomes (connection_id, closed_at);

CREATE INDEX rejects_by_run ON rejects (run_id);
