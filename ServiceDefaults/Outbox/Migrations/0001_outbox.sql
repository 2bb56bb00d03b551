-- Written in the transaction of the change, emptied by the relay after the broker's confirm.
create table outbox (
    seq         bigint generated always as identity primary key,
    id          uuid not null,
    routing_key text not null,
    type        text not null,
    source      text not null,
    time        timestamptz not null default now(),
    body        text not null,
    traceparent text
);
