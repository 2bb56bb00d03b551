-- run_id saved the state while it listed all that the stream has, and what it had seen until then is in seen: its next attempt may go on from
-- there and has listed everything. No longer so once the run has started over.
ALTER TABLE states ADD COLUMN in_listing boolean NOT NULL DEFAULT false;
