alter table runs
    -- As the connection or the settings said when the run was prepared; null: not known yet.
    add column max_attempts       integer,
    -- Set while a failed attempt waits for the next one; the row stays running, and the lease is nobody's.
    add column next_attempt_at    timestamptz,
    -- Why the attempt before the present or the coming one failed: {code, message, remedy, detail}.
    add column attempt_error      jsonb,
    -- The run was asked to begin anew, whatever states are stored.
    add column from_start         boolean not null default false,
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

-- Requests with an Idempotency-Key, for a day: several may have got the same queued run.
create table run_requests (
    -- Keys are each caller's own.
    actor      text not null,
    key        text not null,
    -- Of what was asked for.
    hash       bytea not null,
    run_id     uuid not null references runs (id) on delete cascade,
    created_at timestamptz not null default now(),
    primary key (actor, key)
);

create index run_requests_by_age on run_requests (created_at);
