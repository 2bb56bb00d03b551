-- What connectors wrote, in chunks of lines, so that any replica shows them. The subject is a run or an invocation.
create table log_chunks (
    subject    uuid not null,
    -- The number of the chunk's first line, from 1.
    first_line integer not null,
    -- Lines as JSON: [{"at", "level", "source", "text"}, …], secrets masked.
    lines      jsonb not null,
    written_at timestamptz not null default now(),
    primary key (subject, first_line)
);

create index log_chunks_by_age on log_chunks (written_at);
