-- Times are Unix milliseconds. Accounts and upstreams are numbers of `resource`. The views at the end say
-- the same in words and are what reports should be made from.

-- How far each node's writing has come, so that after a lost connection a node knows whether its last
-- transaction was committed, and so that of two processes with one number only the later one writes.
CREATE TABLE batch (
  node      smallint NOT NULL,
  lane      smallint NOT NULL,      -- 0 accept, 1 record, 2 told, 3 everything else
  epoch     bigint NOT NULL,        -- how often the node has opened the store
  number    bigint NOT NULL,        -- the last transaction committed in this epoch
  PRIMARY KEY (node, lane)
) WITH (fillfactor = 50);

-- The first statement of each transaction that a node writes.
CREATE FUNCTION begin_batch(of_node smallint, of_lane smallint, in_epoch bigint, this bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE batch SET number = this WHERE node = of_node AND lane = of_lane AND epoch = in_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another process has opened the store as node %', of_node USING ERRCODE = 'PR001';
  END IF;
END $$;

-- What was accepted: written once. An id says when: (id >> 22) + 1704067200000.
CREATE TABLE message (
  id        bigint NOT NULL,
  account   bigint NOT NULL,
  class     smallint NOT NULL,      -- 0 otp, 1 transactional, 2 marketing
  sender    text,                   -- +number, short code or name; NULL leaves it to the carrier
  recipient bigint NOT NULL,        -- the digits of the number
  text      text,                   -- NULL when octets are carried
  encoding  smallint,               -- of the octets: 0 gsm7 (unpacked), 1 latin1, 2 ucs2, 3 octets; NULL: of a text
                                    -- with a zero in it, which `text` can't hold, in UTF-8
  header    bytea,                  -- user data header of the octets
  data      bytea,                  -- the octets
  parts     smallint NOT NULL,
  due       bigint NOT NULL,        -- not sent before
  expires   bigint NOT NULL,        -- not sent after
  reference text,                   -- the client's own word for it
  metadata  text,                   -- the client's own data, JSON
  callback  text,                   -- a webhook for this message alone
  receipts  smallint NOT NULL,      -- the ends to tell: 0 none, 1 all, 2 failures, 3 successes
  via       smallint NOT NULL,      -- how to tell them: 0 asking, 1 session, 2 webhook
  flash     boolean NOT NULL,
  parameters bytea,                 -- for the carrier: of each its tag and length, in two octets each, and its octets
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX message_account ON message (account, id);

-- How a message ended: written once.
CREATE TABLE outcome (
  id        bigint NOT NULL,        -- the message
  state     smallint NOT NULL,      -- 2 delivered, 3 undelivered, 4 expired, 5 rejected, 6 failed, 7 unknown, 8 canceled
  upstream  bigint NOT NULL,
  reference text,                   -- the carrier's name for the first part
  error     text,
  sent_at   bigint,
  done_at   bigint NOT NULL,
  parts     smallint NOT NULL,
  possible_duplicate boolean NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- Final states of parts, for messages of several.
CREATE TABLE part (
  message   bigint NOT NULL,
  part      smallint NOT NULL,      -- from 0
  state     smallint NOT NULL,      -- as in outcome
  error     text,
  at        bigint NOT NULL,
  reference text,                   -- the carrier's name for the part
  sent_at   bigint,
  PRIMARY KEY (message, part)
) PARTITION BY RANGE (message);

-- The days, counted from 2024-01-01 in UTC, of which there are partitions.
CREATE TABLE day (
  day       bigint PRIMARY KEY
);

-- Makes the partitions of a day. They are made apart and attached, which stops nobody who reads or writes.
CREATE FUNCTION make_day(this bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  suffix text := to_char(date '2024-01-01' + this::integer, '_YYYYMMDD');
  parent text;
BEGIN
  PERFORM pg_advisory_xact_lock(7887001, 2);
  IF EXISTS (SELECT FROM day WHERE day = this) THEN
    RETURN;
  END IF;
  FOREACH parent IN ARRAY ARRAY['message', 'outcome', 'part'] LOOP
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', parent || suffix, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, parent || suffix,
                   (this * 86400000) << 22, ((this + 1) * 86400000) << 22);
  END LOOP;
  INSERT INTO day VALUES (this);
END $$;

-- Forgets a day of which nothing is under way any more: how many messages had ended, or NULL when something is.
CREATE FUNCTION forget_day(this bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  suffix text := to_char(date '2024-01-01' + this::integer, '_YYYYMMDD');
  low bigint := (this * 86400000) << 22;
  high bigint := ((this + 1) * 86400000) << 22;
  ended bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7887001, 2);
  IF NOT EXISTS (SELECT FROM day WHERE day = this) THEN
    RETURN 0;
  END IF;
  IF EXISTS (SELECT FROM queue WHERE id >= low AND id < high)
     OR EXISTS (SELECT FROM waiting WHERE message >= low AND message < high) THEN
    RETURN NULL;
  END IF;
  SELECT count(*) INTO ended FROM outcome WHERE id >= low AND id < high;
  DELETE FROM notice WHERE message >= low AND message < high;
  DELETE FROM attempt WHERE message >= low AND message < high;
  DELETE FROM remark WHERE message >= low AND message < high;
  DELETE FROM day WHERE day = this;
  EXECUTE format('DROP TABLE %I, %I, %I', 'message' || suffix, 'outcome' || suffix, 'part' || suffix);
  RETURN ended;
END $$;

-- What waits to be sent, and what is being sent.
CREATE TABLE queue (
  id        bigint PRIMARY KEY,     -- the message
  upstream  bigint NOT NULL,
  class     smallint NOT NULL,
  due       bigint NOT NULL,
  expires   bigint NOT NULL,
  failed    integer NOT NULL,       -- attempts that failed
  taken     bigint NOT NULL,        -- a bit for each part that the carrier has taken
  possible_duplicate boolean NOT NULL,
  owner     smallint NOT NULL       -- 0 nobody, or the number of the node in whose hands it is
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
-- Only rows that nobody holds are indexed: what is accepted and sent at once costs no index.
CREATE INDEX queue_free ON queue (upstream, class, due, id) WHERE owner = 0;
CREATE INDEX queue_free_expires ON queue (expires) WHERE owner = 0;

-- Parts that the carrier took and whose receipts are waited for.
CREATE TABLE waiting (
  upstream  bigint NOT NULL,
  reference text COLLATE "C" NOT NULL,  -- what the carrier's name for the part is known by
  given     text,                   -- the name as the carrier gave it, where that is something else
  message   bigint NOT NULL,
  part      smallint NOT NULL,      -- from 0
  parts     smallint NOT NULL,
  sent_at   bigint NOT NULL,
  possible_duplicate boolean NOT NULL,
  PRIMARY KEY (upstream, reference)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX waiting_message ON waiting (message);

-- What the client is still to be told. What it says stands in message and outcome.
CREATE TABLE notice (
  sessions_of bigint NOT NULL,      -- the account whose sessions are told; -1: told by webhook
  message   bigint NOT NULL,
  due       bigint NOT NULL,
  failed    integer NOT NULL,       -- attempts that failed
  owner     smallint NOT NULL,      -- 0 nobody, or the number of the node that tells it
  PRIMARY KEY (sessions_of, message)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
-- Only what nobody tells is indexed: what is told at once costs no index.
CREATE INDEX notice_free ON notice (sessions_of, due, message) WHERE owner = 0;

-- Attempts to tell the client that the timeline shows.
CREATE TABLE attempt (
  message   bigint NOT NULL,
  at        bigint NOT NULL,
  result    text NOT NULL,
  PRIMARY KEY (message, at, result)
);

-- What was out of the ordinary on a message's way.
CREATE TABLE remark (
  message   bigint NOT NULL,
  at        bigint NOT NULL,
  text      text NOT NULL,
  PRIMARY KEY (message, at, text)
);

-- Receipts that found no message: they may be early.
CREATE TABLE parked (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  upstream  bigint NOT NULL,
  reference text NOT NULL,          -- the carrier's name for the part, as the receipt spells it
  key       text NOT NULL,          -- what it is known by, as far as the carrier's form of names is known
  one       bigint,                 -- the digits of the numbers between which it was sent
  other     bigint,
  reported  smallint NOT NULL,      -- 0 under way, 1 delivered, 2 undelivered, 3 expired, 4 deleted, 5 rejected, 6 unknown
  error     text,
  at        bigint NOT NULL,
  also      text,                   -- another name that the receipt has
  UNIQUE (upstream, reference, reported)
);

-- The forms of carriers' names for parts that were found out.
CREATE TABLE learnt (
  upstream  bigint PRIMARY KEY,
  form      text NOT NULL,          -- same, hex_then_decimal, decimal_then_hex
  place     text NOT NULL           -- where the upstream led then: `host:port`
);

-- Idempotency keys of the last 24 hours, and the answers that repetitions get.
CREATE TABLE once (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  account   bigint NOT NULL,
  key       text NOT NULL,
  request   bytea NOT NULL,         -- SHA-256 of the request
  answer    text NOT NULL,
  at        bigint NOT NULL,
  UNIQUE (account, key)
);

-- Accounts, upstreams, routes: numbers and names stay when the thing is deleted.
CREATE TABLE resource (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  kind      text NOT NULL,
  name      text NOT NULL,
  document  text,                   -- NULL when deleted, or declared in the file
  updated   bigint NOT NULL,
  UNIQUE (kind, name)
);

-- Who changed which resource, secrets left out.
CREATE TABLE resource_change (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  at        bigint NOT NULL,
  who       text NOT NULL,
  kind      text NOT NULL,
  name      text NOT NULL,
  before    text,
  after     text
);

-- The database's own clock, in Unix milliseconds.
CREATE FUNCTION now_ms() RETURNS bigint
LANGUAGE sql AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- A time in words.
CREATE FUNCTION in_words(ms bigint) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT to_char(to_timestamp(ms / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- Every message in words. Bounds on `id` are fast; accepted_at is for reading.
CREATE VIEW message_log AS
SELECT m.id,
       in_words((m.id >> 22) + 1704067200000) AS accepted_at,
       coalesce(a.name, m.account::text) AS account,
       CASE m.class WHEN 0 THEN 'otp' WHEN 1 THEN 'transactional' ELSE 'marketing' END AS class,
       m.sender,
       '+' || m.recipient AS recipient,
       m.text,
       m.parts,
       CASE WHEN o.id IS NOT NULL THEN
              CASE o.state WHEN 2 THEN 'delivered' WHEN 3 THEN 'undelivered' WHEN 4 THEN 'expired'
                           WHEN 5 THEN 'rejected' WHEN 6 THEN 'failed' WHEN 7 THEN 'unknown'
                           WHEN 8 THEN 'canceled' END
            WHEN q.id IS NOT NULL THEN 'queued'
            ELSE 'sent' END AS state,
       coalesce(u.name, coalesce(o.upstream, q.upstream, w.upstream)::text) AS upstream,
       coalesce(o.reference, w.given, w.reference) AS carrier_reference,
       o.error,
       in_words(coalesce(o.sent_at, w.sent_at)) AS sent_at,
       in_words(o.done_at) AS done_at,
       coalesce(o.possible_duplicate, q.possible_duplicate, w.possible_duplicate) AS possible_duplicate,
       m.reference,
       m.metadata
  FROM message m
  LEFT JOIN outcome o ON o.id = m.id
  LEFT JOIN queue q ON q.id = m.id
  LEFT JOIN LATERAL (SELECT * FROM waiting WHERE message = m.id ORDER BY part LIMIT 1) w ON true
  LEFT JOIN resource a ON a.id = m.account
  LEFT JOIN resource u ON u.id = coalesce(o.upstream, q.upstream, w.upstream);

-- What waits to be sent, in words.
CREATE VIEW queue_log AS
SELECT q.id,
       coalesce(u.name, q.upstream::text) AS upstream,
       coalesce(a.name, m.account::text) AS account,
       CASE q.class WHEN 0 THEN 'otp' WHEN 1 THEN 'transactional' ELSE 'marketing' END AS class,
       '+' || m.recipient AS recipient,
       in_words(q.due) AS due_at,
       in_words(q.expires) AS expires_at,
       q.failed AS failed_attempts,
       q.owner <> 0 AS being_sent
  FROM queue q
  JOIN message m ON m.id = q.id
  LEFT JOIN resource u ON u.id = q.upstream
  LEFT JOIN resource a ON a.id = m.account;

-- Receipts that are waited for, in words.
CREATE VIEW waiting_log AS
SELECT w.message AS id,
       w.part + 1 AS part,
       w.parts,
       coalesce(u.name, w.upstream::text) AS upstream,
       coalesce(w.given, w.reference) AS carrier_reference,
       in_words(w.sent_at) AS sent_at
  FROM waiting w
  LEFT JOIN resource u ON u.id = w.upstream;

-- What clients are still to be told, in words.
CREATE VIEW notice_log AS
SELECT n.message AS id,
       coalesce(a.name, m.account::text) AS account,
       CASE n.sessions_of WHEN -1 THEN 'webhook' ELSE 'session' END AS via,
       in_words(n.due) AS due_at,
       n.failed AS failed_attempts
  FROM notice n
  JOIN message m ON m.id = n.message
  LEFT JOIN resource a ON a.id = m.account;
