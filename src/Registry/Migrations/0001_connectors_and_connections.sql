-- A connector exists from its first successful install on; its current version is what runs.
CREATE TABLE connectors (
    name            text COLLATE "C" PRIMARY KEY,
    current_version int         NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now()
);

-- Versions are never changed or removed: a run that started on one may still be going.
CREATE TABLE connector_versions (
    connector       text COLLATE "C" NOT NULL REFERENCES connectors (name),
    number          int         NOT NULL,
    manifest        jsonb       NOT NULL,
    digest          text        NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    size_bytes      bigint      NOT NULL,
    source_revision text,
    install_id      uuid        NOT NULL,
    installed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connector, number)
);

CREATE TABLE installs (
    id           uuid        PRIMARY KEY,
    connector    text COLLATE "C" NOT NULL,
    manifest     jsonb       NOT NULL,
    state        text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    stage        text,
    version      int,
    digest       text,
    error        json,       -- not jsonb: the output of a build may hold NUL, which jsonb refuses
    actor        text,
    traceparent  text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_sent_at timestamptz, -- null: the command has never left
    finished_at  timestamptz
);

-- One install of a connector at a time.
CREATE UNIQUE INDEX installs_active ON installs (connector) WHERE state IN ('queued', 'running');
CREATE INDEX installs_by_connector ON installs (connector, id DESC);

CREATE TABLE connections (
    id                 uuid        PRIMARY KEY,
    name               text COLLATE "C" NOT NULL UNIQUE,
    connector          text COLLATE "C" NOT NULL REFERENCES connectors (name),
    options_ciphertext bytea       NOT NULL,
    revision           int         NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

-- One known text under the key ring, so that a lost ring is noticed at start and not at the first run.
CREATE TABLE key_canary (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ciphertext bytea   NOT NULL
);
