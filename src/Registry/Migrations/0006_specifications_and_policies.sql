-- What the version said of itself when it was checked (ConnectorSpecification of ServiceDefaults); null: nothing.
ALTER TABLE connector_versions ADD COLUMN specification jsonb, ADD COLUMN agreed_protocol text;

ALTER TABLE connections
    ADD COLUMN streams            text[]  NOT NULL DEFAULT '{}', -- to sync; none: all
    ADD COLUMN max_attempts       integer,                        -- null, here and below: the Runner's setting
    ADD COLUMN first_page_seconds integer,
    ADD COLUMN idle_seconds       integer,
    ADD COLUMN total_seconds      integer;
