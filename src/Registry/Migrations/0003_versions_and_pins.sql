-- Installs: updates beside installs, what a lock file pins, how far a download is, what its user should know, and their end by request.
ALTER TABLE installs
    ADD COLUMN kind                text NOT NULL DEFAULT 'install' CHECK (kind IN ('install', 'update', 'restore')),
    ADD COLUMN update_from         json,        -- InstalledVersion; an update by update_command
    ADD COLUMN pin                 json,        -- SourcePin; from a lock file
    ADD COLUMN done_bytes          bigint,
    ADD COLUMN total_bytes         bigint,
    ADD COLUMN warnings            json,        -- array of InstallWarning
    ADD COLUMN cancel_requested_at timestamptz,
    DROP CONSTRAINT installs_state_check,
    ADD CONSTRAINT installs_state_check CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled'));

-- A version becomes current only when a Runner has started it and it answered; until then it is being checked.
ALTER TABLE connector_versions
    ADD COLUMN state         text NOT NULL DEFAULT 'ready' CHECK (state IN ('checking', 'ready', 'rejected')),
    ADD COLUMN source_digest text;

-- 0 in current_version: none yet, its first version is being checked or was rejected. Numbers are never given twice, though versions can be removed.
ALTER TABLE connectors ADD COLUMN last_version int NOT NULL DEFAULT 0;
UPDATE connectors SET last_version = (SELECT coalesce(max(number), 0) FROM connector_versions WHERE connector = name);
CREATE INDEX connector_versions_checking ON connector_versions (install_id) WHERE state = 'checking';
CREATE INDEX connector_versions_by_digest ON connector_versions (digest);

-- Bundles that versions named once: the Installer is told to remove those that no version names any more.
CREATE TABLE unused_bundles (
    digest       text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    unused_since timestamptz NOT NULL DEFAULT now()
);
