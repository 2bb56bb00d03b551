-- Actions that were asked for. The record comes first, then the lease, then the process.
create table invocations (
    id                  uuid primary key,
    connection_id       uuid not null,
    connection          text not null,
    connector           text not null,
    version             integer,
    digest              text,
    action              text not null,
    -- With secrets masked; the arguments themselves are nowhere.
    arguments           jsonb not null,
    mutates             boolean not null,
    state               text not null check (state in ('queued', 'running', 'succeeded', 'rejected', 'failed', 'transient', 'timed-out', 'cancelled', 'lost')),
    attempt             integer not null default 0,
    lease_owner         text,
    lease_until         timestamptz,
    cancel_requested_at timestamptz,
    idempotency_key     text,
    idempotency_hash    bytea,
    progress_message    text,
    progress_fraction   double precision,
    isolation           text,
    -- At most 1 MiB here; a larger one is in result_parts.
    result              jsonb,
    result_bytes        bigint,
    error               jsonb,
    actor               text,
    traceparent         text,
    created_at          timestamptz not null default now(),
    started_at          timestamptz,
    finished_at         timestamptz
);

create table result_parts (
    invocation_id uuid not null references invocations (id) on delete cascade,
    number        integer not null,
    bytes         bytea not null,
    primary key (invocation_id, number)
);

create index invocations_unfinished on invocations (id) where state in ('queued', 'running');
create index invocations_by_connection on invocations (connection_id, id);
-- One mutating action of a connection at a time.
create unique index invocations_one_mutating on invocations (connection_id) where state = 'running' and mutates;
