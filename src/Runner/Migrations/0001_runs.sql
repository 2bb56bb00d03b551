create sequence fences as bigint;

create table runs (
    id                  uuid primary key,
    connection_id       uuid not null,
    connection          text not null,
    connector           text not null,
    version             integer,
    digest              text,
    protocol            text,
    state               text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    stage               text check (stage in ('starting', 'syncing', 'closing')),
    attempt             integer not null default 0,
    -- Rises with every lease; whoever holds an older one writes nothing.
    fence               bigint,
    lease_owner         text,
    lease_until         timestamptz,
    cancel_requested_at timestamptz,
    -- The request that asked for the run, so that its trace goes on here.
    traceparent         text,
    received            bigint not null default 0,
    inserted            bigint not null default 0,
    updated             bigint not null default 0,
    unchanged           bigint not null default 0,
    deleted             bigint not null default 0,
    rejected            bigint not null default 0,
    superseded          bigint not null default 0,
    swept               bigint not null default 0,
    bytes               bigint not null default 0,
    pages               bigint not null default 0,
    isolation           text,
    result              text,
    full_listing        boolean not null default false,
    error_code          text,
    error_message       text,
    error_remedy        text,
    error_detail        text,
    actor               text,
    created_at          timestamptz not null default now(),
    started_at          timestamptz,
    finished_at         timestamptz
);

create unique index runs_one_running on runs (connection_id) where state = 'running';
-- A queued run that is being cancelled no longer counts: the next request gets a run of its own.
create unique index runs_one_queued on runs (connection_id) where state = 'queued' and cancel_requested_at is null;
create index runs_unfinished on runs (id) where state in ('queued', 'running');
create index runs_by_connection on runs (connection, id);
