-- One row per connection. Every transaction that writes objects or decides a run locks it first, so change_seq rises without
-- gaps in visibility: whoever has seen n has seen everything below n.
CREATE TABLE connections (
    connection_id uuid PRIMARY KEY,
    name          text NOT NULL,
    connector     text NOT NULL,
    change_seq    bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE objects (
    connection_id uuid NOT NULL,
    stream        text COLLATE "C" NOT NULL,
    remote_id     text COLLATE "C" NOT NULL,
    resource_name text NOT NULL,
    uri           text NOT NULL,
    metadata      text NOT NULL,
    -- The first half of a SHA-256 over the three fields above: tells a changed object from an unchanged one without reading them.
    hash          bytea NOT NULL CHECK (length(hash) = 16),
    change_seq    bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    deleted_at    timestamptz,
    CONSTRAINT objects_key PRIMARY KEY (connection_id, stream, remote_id)
-- Room for a changed row beside its old self keeps mixed loads out of the index.
) WITH (fillfactor = 85);

-- Who may write to a connection. A lower fence than the one here is refused.
CREATE TABLE writers (
    connection_id uuid NOT NULL REFERENCES connections,
    kind          text NOT NULL CHECK (kind IN ('sync', 'listen')),
    run_id        uuid NOT NULL,
    fence         bigint NOT NULL,
    PRIMARY KEY (connection_id, kind)
) WITH (fillfactor = 50);

-- The counts of a run that has no outcome yet, over all its attempts. load_id and sequence are the high-water mark of the
-- load that writes now: a batch whose commit went unanswered is recognised by them and not counted twice.
CREATE TABLE run_counts (
    run_id        uuid PRIMARY KEY,
    connection_id uuid NOT NULL,
    fence         bigint NOT NULL,
    load_id       uuid NOT NULL,
    sequence      bigint NOT NULL DEFAULT 0,
    received      bigint NOT NULL DEFAULT 0,
    inserted      bigint NOT NULL DEFAULT 0,
    updated       bigint NOT NULL DEFAULT 0,
    unchanged     bigint NOT NULL DEFAULT 0,
    deleted       bigint NOT NULL DEFAULT 0,
    rejected      bigint NOT NULL DEFAULT 0,
    superseded    bigint NOT NULL DEFAULT 0,
    swept         bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- The decision on a run. Written once, never changed.
CREATE TABLE outcomes (
    run_id        uuid PRIMARY KEY,
    connection_id uuid NOT NULL,
    fence         bigint NOT NULL,
    outcome       text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'cancelled')),
    received      bigint NOT NULL,
    inserted      bigint NOT NULL,
    updated       bigint NOT NULL,
    unchanged     bigint NOT NULL,
    deleted       bigint NOT NULL,
    rejected      bigint NOT NULL,
    superseded    bigint NOT NULL,
    swept         bigint NOT NULL,
    error_code    text,
    error_message text,
    error_remedy  text,
    error_detail  text,
    result        text NOT NULL,
    full_listing  boolean NOT NULL,
    started_at    timestamptz,
    closed_at     timestamptz NOT NULL,
    CONSTRAINT outcomes_balance CHECK (received = inserted + updated + unchanged + deleted + rejected + superseded)
);

-- Objects that can't be stored as they came.
CREATE TABLE rejects (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id        uuid NOT NULL,
    connection_id uuid NOT NULL,
    stream        text NOT NULL,
    reason        text NOT NULL,
    remote_id     bytea NOT NULL,
    size          bigint NOT NULL,
    sha256        bytea NOT NULL,
    raw           bytea NOT NULL,
    rejected_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rejects_by_connection ON rejects (connection_id, id);
