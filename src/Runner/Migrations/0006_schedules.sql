-- When connections are synced by themselves: what the user asked for. Quartz's own tables (qrtz_*) hold what follows from it.
create table schedules (
    id              uuid primary key,
    connection_id   uuid not null,
    connection      text not null,
    name            text not null,
    cron            text,
    interval_seconds bigint,
    time_zone       text not null default 'Etc/UTC',
    jitter_seconds  integer not null default 0,
    enabled         boolean not null default true,
    revision        integer not null default 1,
    actor           text,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    -- Where an interval counts from: when it was set or switched on.
    anchor_at       timestamptz not null default date_trunc('second', now()),
    -- The instant that the newest fire was meant for: what is due at the same or an earlier one starts nothing.
    last_due_at     timestamptz,
    last_fired_at   timestamptz,
    last_run_id     uuid,
    check ((cron is null) <> (interval_seconds is null))
);

create unique index schedules_by_name on schedules (connection_id, name);
create index schedules_by_connection on schedules (connection, id);
