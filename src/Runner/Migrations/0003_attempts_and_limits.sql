alter table runs
    -- As the connection or the settings said when the run was prepared; null: not known yet.
    add column max_attempts       integer,
    -- Set while a failed attempt waits for the next one; the row stays running, and the lease is nobody's.
    add column next_attempt_at    timestamptz,
    -- Why the last attempt failed, while another is to come.
    add column attempt_error      jsonb,
    -- The run was asked to begin anew, whatever states are stored.
    add column from_start         boolean not null default false,
    -- Of the HTTP request that asked for it, and a hash of that request.
    add column idempotency_key    text,
    add column idempotency_hash   bytea,
    -- connector, ingest, database, broker or slot; null: nothing is waited for.
    add column waiting_for        text check (waiting_for in ('connector', 'ingest', 'database', 'broker', 'slot')),
    add column objects_per_second double precision not null default 0,
    -- What the connector says it is at, and how far it is from 0 to 1.
    add column progress_message   text,
    add column progress_fraction  double precision;

-- How many runs may be active at once on all replicas together: of one connector, or ('') of all.
create table run_limits (
    connector  text collate "C" primary key,
    concurrent integer not null check (concurrent between 1 and 10000)
);
