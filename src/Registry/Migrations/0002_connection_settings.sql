-- What the owner of a connection knows or wants; every run is told as it starts.
ALTER TABLE connections
    ADD COLUMN full_listing        boolean NOT NULL DEFAULT false,
    ADD COLUMN max_delete_fraction double precision CHECK (max_delete_fraction BETWEEN 0 AND 1), -- null: Ingest's default
    ADD COLUMN changed_events      boolean NOT NULL DEFAULT false;
