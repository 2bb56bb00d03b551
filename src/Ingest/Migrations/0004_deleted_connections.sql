-- Connections that are gone: nothing is loaded for them any more, and their rows are purged in batches until purged_at is set.
CREATE TABLE deleted_connections (
    connection_id uuid        PRIMARY KEY,
    connection    text        NOT NULL,
    connector     text        NOT NULL,
    deleted_at    timestamptz NOT NULL DEFAULT now(),
    purged_at     timestamptz
);
