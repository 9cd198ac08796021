CREATE TABLE sms_outbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What you write:
    recipient    TEXT,
    text         TEXT,
    sender       TEXT,
    class        TEXT,
    send_at      TEXT,
    valid_for    TEXT,
    reference    TEXT,
    -- What Postrider writes:
    state        TEXT NOT NULL DEFAULT 'new',
    message_id   INTEGER,
    claimed_by   TEXT,
    claimed_at   TEXT,
    error_code   TEXT,
    error_detail TEXT,
    accepted_at  TEXT,
    ended_at     TEXT
);
CREATE INDEX sms_outbox_waiting ON sms_outbox (id) WHERE state IN ('new', 'claimed');
CREATE INDEX sms_outbox_message ON sms_outbox (message_id);
