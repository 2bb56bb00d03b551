-- What the model is told: every open, batch, close and sweep in the order of their commits, each written by a trigger in the
-- transaction itself, so that the model knows what was committed whether or not an answer came. And every event that was ever
-- in the outbox, which the relay empties.
CREATE SCHEMA proof;

CREATE TABLE proof.ledger (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    connection_id uuid NOT NULL,
    run_id        uuid NOT NULL,
    kind          text NOT NULL,
    load_id       uuid,
    fence         bigint,
    sequence      bigint
);
CREATE INDEX ON proof.ledger (connection_id, id);

CREATE TABLE proof.events (
    seq           bigint NOT NULL,
    id            uuid NOT NULL,
    routing_key   text NOT NULL,
    type          text NOT NULL,
    source        text NOT NULL,
    body          text NOT NULL,
    connection_id uuid NOT NULL
);
CREATE INDEX ON proof.events (connection_id, seq);

CREATE FUNCTION proof.readable_as_jsonb(value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM value::jsonb;
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    RETURN false;
END $$;

CREATE FUNCTION proof.note_load() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.load_id <> OLD.load_id THEN
        INSERT INTO proof.ledger (connection_id, run_id, kind, load_id, fence) VALUES (NEW.connection_id, NEW.run_id, 'open', NEW.load_id, NEW.fence);
    ELSIF NEW.sequence > OLD.sequence THEN
        INSERT INTO proof.ledger (connection_id, run_id, kind, load_id, fence, sequence)
        VALUES (NEW.connection_id, NEW.run_id, 'batch', NEW.load_id, NEW.fence, NEW.sequence);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER proof_load AFTER INSERT OR UPDATE ON run_counts FOR EACH ROW EXECUTE FUNCTION proof.note_load();

CREATE FUNCTION proof.note_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO proof.ledger (connection_id, run_id, kind) VALUES (NEW.connection_id, NEW.run_id, TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE TRIGGER proof_close AFTER INSERT ON outcomes FOR EACH ROW EXECUTE FUNCTION proof.note_close('close');
CREATE TRIGGER proof_sweep AFTER UPDATE ON sweeps FOR EACH ROW
    WHEN (OLD.decision = 'held' AND NEW.decision = 'swept') EXECUTE FUNCTION proof.note_close('sweep');

CREATE FUNCTION proof.note_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO proof.events (seq, id, routing_key, type, source, body, connection_id)
    VALUES (NEW.seq, NEW.id, NEW.routing_key, NEW.type, NEW.source, NEW.body, (NEW.body::jsonb ->> 'connection_id')::uuid);
    RETURN NULL;
END $$;
CREATE TRIGGER proof_event AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION proof.note_event();
