-- What connections have subscribed to: standing wishes, which the connection's listener carries out.
create table subscriptions (
    id               uuid primary key,
    connection_id    uuid not null,
    connection       text not null,
    connector        text not null,
    -- The stream that its objects go to, which the connector calls an event.
    event            text not null,
    -- As they were validated, with defaults. Never secret: those are refused.
    arguments        json not null,
    -- waiting: nobody has subscribed yet; failing: it is tried again, error says why.
    state            text not null default 'waiting' check (state in ('waiting', 'listening', 'failing')),
    error            json,
    received         bigint not null default 0,
    last_received_at timestamptz,
    actor            text,
    created_at       timestamptz not null default now()
);

create index subscriptions_by_connection on subscriptions (connection_id, id);

-- A connection's run of kind listen, which carries all of its subscriptions; gone once there are none and Ingest has decided on it.
create table listeners (
    connection_id   uuid primary key,
    connection      text not null,
    connector       text not null,
    run_id          uuid not null,
    -- Rises with every lease, as of the runs that sync; Ingest compares within the kind.
    fence           bigint,
    -- In a row that have failed.
    failures        integer not null default 0,
    lease_owner     text,
    lease_until     timestamptz,
    next_attempt_at timestamptz not null default now()
);
