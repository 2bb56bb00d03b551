-- What the configured index documents said when they were last read, and what came of the last try.
CREATE TABLE catalog_indexes (
    source     text PRIMARY KEY, -- a URL or an absolute path
    document   bytea,            -- as it came; null: it could never be read
    fetched_at timestamptz,
    tried_at   timestamptz NOT NULL,
    error      json              -- of the last try; null when it went well
);
