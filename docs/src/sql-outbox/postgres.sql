CREATE TABLE sms_outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What you write:
    recipient    text,
    text         text,
    sender       text,
    class        text,
    send_at      timestamptz,
    valid_for    text,
    reference    text,
    -- What Postrider writes:
    state        text NOT NULL DEFAULT 'new',
    message_id   bigint,
    claimed_by   text,
    claimed_at   timestamptz,
    error_code   text,
    error_detail text,
    accepted_at  timestamptz,
    ended_at     timestamptz
);
CREATE INDEX sms_outbox_waiting ON sms_outbox (id) WHERE state IN ('new', 'claimed');
CREATE INDEX sms_outbox_message ON sms_outbox (message_id);
