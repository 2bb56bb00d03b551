-- Actions that were asked for. The record comes first, then the turn, then the process.
create table invocations (
    id                  uuid primary key,
    connection_id       uuid not null,
    connection          text not null,
    connector           text not null,
    version             integer,
    digest              text,
    action              text not null,
    -- With secrets masked; the arguments themselves are nowhere. Like every json here kept as it came: jsonb has no U+0000.
    arguments           json not null,
    mutates             boolean not null,
    -- Not while a run of the connection is active.
    exclusive           boolean not null,
    state               text not null check (state in ('queued', 'running', 'succeeded', 'rejected', 'failed', 'transient', 'timed-out', 'cancelled', 'lost')),
    stage               text check (stage in ('starting', 'acting', 'retrying')),
    attempt             integer not null default 0,
    -- Held while it is queued too: by the Runner that was asked, which alone knows the arguments.
    lease_owner         text,
    lease_until         timestamptz,
    cancel_requested_at timestamptz,
    idempotency_key     text,
    -- Of connection, action and arguments; slow to compute and salted by the id, since arguments may be secret.
    idempotency_hash    bytea,
    progress_message    text,
    progress_fraction   double precision,
    isolation           text,
    -- At most 1 MiB here; a larger one is in result_parts.
    result              json,
    result_bytes        bigint,
    error               json,
    actor               text,
    traceparent         text,
    created_at          timestamptz not null default now(),
    -- When its turn came; null: nothing was done.
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
create index invocations_by_connection_name on invocations (connection, id);
-- One mutating action of a connection at a time.
create unique index invocations_one_mutating on invocations (connection_id) where state = 'running' and mutates;
-- Keys are each caller's own.
create unique index invocations_by_key on invocations (coalesce(actor, ''), idempotency_key) where idempotency_key is not null;
