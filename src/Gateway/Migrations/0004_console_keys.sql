-- The key ring with which the console signs the tokens of its forms, for all replicas.
CREATE TABLE console_keys (
    name       text PRIMARY KEY,
    xml        text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
