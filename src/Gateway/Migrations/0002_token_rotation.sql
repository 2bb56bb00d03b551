-- While a token is being rotated its earlier text works as well, until previous_until.
-- addresses: networks in CIDR notation that it may be used from; none: from anywhere.
ALTER TABLE tokens
    ADD COLUMN previous_hash  bytea UNIQUE CHECK (octet_length(previous_hash) = 32),
    ADD COLUMN previous_until timestamptz,
    ADD COLUMN rotated_at     timestamptz,
    ADD COLUMN addresses      text[] NOT NULL DEFAULT '{}',
    ADD COLUMN created_by     text,
    ADD CONSTRAINT previous_has_an_end CHECK ((previous_hash IS NULL) = (previous_until IS NULL));
