-- What came as a delete must not be stored as an object when it is replayed.
ALTER TABLE rejects ADD COLUMN is_delete boolean NOT NULL DEFAULT false;
