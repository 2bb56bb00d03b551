-- The events of the last days, as clients read them again. seq is the id that clients see: given in the order of the commits, so that who has seen one never
-- finds a smaller one later. event_id is the CloudEvents id, by which an event that comes twice is known.
CREATE TABLE events (
    seq         bigint PRIMARY KEY,
    event_id    text NOT NULL UNIQUE,
    type        text NOT NULL,
    source      text NOT NULL,
    connection  text,
    time        timestamptz NOT NULL,
    -- text, as jsonb would change the order of members and refuses some strings
    data        text NOT NULL,
    received_at timestamptz NOT NULL
);

CREATE INDEX events_connection ON events (connection, seq) WHERE connection IS NOT NULL;

-- One row. Whoever appends locks it until the commit; that is the order. gone: all up to this one may have been removed, for their age.
CREATE TABLE event_log (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    last bigint NOT NULL,
    gone bigint NOT NULL
);

INSERT INTO event_log (last, gone) VALUES (0, 0);
