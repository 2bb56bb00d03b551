-- Where events are sent. Secrets are encrypted (Data Protection); previous_secret signs as well until previous_until.
CREATE TABLE webhooks (
    id              uuid PRIMARY KEY,
    name            text NOT NULL UNIQUE,
    url             text NOT NULL,
    types           text[] NOT NULL,
    connections     text[] NOT NULL,
    enabled         boolean NOT NULL DEFAULT true,
    disabled_reason text,
    secret          text NOT NULL,
    previous_secret text,
    previous_until  timestamptz,
    created_by      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    revision        bigint NOT NULL DEFAULT 1,
    -- Who sends for it now, and until when if it is heard of no more; not before, after failures in a row.
    lease           uuid,
    leased_until    timestamptz,
    not_before      timestamptz NOT NULL DEFAULT now(),
    failures        int NOT NULL DEFAULT 0
);

-- What is due to a webhook: made in the transaction that keeps the event, gone with the event.
CREATE TABLE webhook_deliveries (
    webhook_id      uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    seq             bigint NOT NULL REFERENCES events ON DELETE CASCADE,
    state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts        int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    attempted_at    timestamptz,
    duration_ms     int,
    status          int,
    error           text,
    response        text,
    PRIMARY KEY (webhook_id, seq)
);

CREATE INDEX webhook_deliveries_event ON webhook_deliveries (seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id, seq) WHERE state = 'dead';
