-- Times are Unix milliseconds. Accounts and upstreams are numbers of `resource`. The views at the end say
-- the same in words and are what reports should be made from.

-- How far each node's writing has come, so that after a lost connection a node knows whether its last
-- transaction was committed, and so that of two processes with one number only the later one writes.
CREATE TABLE batch (
  node      smallint NOT NULL,
  lane      smallint NOT NULL,      -- 0 accept, 1 record, 2 told, 3 everything else
  epoch     bigint NOT NULL,        -- how often the node has opened the store
  number    bigint NOT NULL,        -- the last transaction committed or given up in this epoch
  PRIMARY KEY (node, lane)
) WITH (fillfactor = 50);

-- The first statement of each transaction that a node writes. One that was done, or given up, is not done again by a server
-- that stood still with it.
CREATE FUNCTION begin_batch(of_node smallint, of_lane smallint, in_epoch bigint, this bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE batch SET number = this WHERE node = of_node AND lane = of_lane AND epoch = in_epoch AND number < this;
  IF FOUND THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM batch WHERE node = of_node AND lane = of_lane AND epoch = in_epoch) THEN
    RAISE EXCEPTION 'transaction % was settled before', this USING ERRCODE = 'serialization_failure';
  END IF;
  RAISE EXCEPTION 'another process has opened the store as node %', of_node USING ERRCODE = 'PR001';
END $$;

-- Whether a transaction was committed. If it was not, it is given up: it never will be. Waits for it to end.
CREATE FUNCTION give_up_batch(of_node smallint, of_lane smallint, in_epoch bigint, this bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  done bigint;
BEGIN
  SELECT number INTO done FROM batch WHERE node = of_node AND lane = of_lane AND epoch = in_epoch FOR UPDATE;
  IF done < this THEN
    UPDATE batch SET number = this + 1 WHERE node = of_node AND lane = of_lane;
  END IF;
  RETURN coalesce(done = this, false);
END $$;

-- What was accepted: written once. An id says when: (id >> 22) + 1704067200000.
CREATE TABLE message (
  id        bigint NOT NULL,
  account   bigint NOT NULL,
  class     smallint NOT NULL,      -- 0 emergency, 1 otp, 2 transactional, 3 marketing
  sender    text,                   -- +number, short code or name; NULL leaves it to the carrier
  recipient bigint NOT NULL,        -- the digits of the number
  text      text,                   -- NULL when octets are carried
  encoding  smallint,               -- of the octets: 0 gsm7 (unpacked), 1 latin1, 2 ucs2, 3 octets, 4 several parts, each
                                    -- with its own encoding and header, 5 the content was removed, 6 it is encrypted,
                                    -- 7 a text with media; NULL: of a text with a zero in it, in UTF-8
  header    bytea,                  -- user data header of the octets
  data      bytea,                  -- the octets
  parts     smallint NOT NULL,
  due       bigint NOT NULL,        -- not sent before
  expires   bigint NOT NULL,        -- not sent after
  reference text,                   -- the client's own word for it
  metadata  text,                   -- the client's own data, JSON
  callback  text,                   -- a webhook for this message alone
  receipts  smallint NOT NULL,      -- the ends to tell: 0 none, 1 all, 2 failures, 3 successes
  via       smallint NOT NULL,      -- how to tell them: 0 asking, 1 session, 2 webhook, 3 not at all: a rule sent it, 4 a verification did
  flash     boolean NOT NULL,
  parameters bytea,                 -- for the carrier: of each its tag and length, in two octets each, and its octets
  known_as  text,                   -- identifiers that its client was given, if others: a line for each, with its receipts
                                    -- and its reference
  exempt    boolean NOT NULL,     -- whether it goes out though its recipient has opted out
  hold      text,              -- the rule against fraud that holds it until it is released, and why; NULL if nothing does
  plan      text NOT NULL,          -- its upstreams, best first, and the route that named them: `1,2 world`
  tried     text,              -- upstreams that took it before and did not deliver it, by number: `1,3`
  price     bigint,                 -- the price of a part, in millionths; NULL if the account isn't billed
  costs     text,                   -- the cost of a part by each upstream of the plan, in millionths: `12000,,15000`
  terms     text,                   -- currency, when the price is charged, and ends at which it is given back; NULL without price and costs
  ordering_key text,                -- messages of an account with the same key leave in their order
  cancel_on_reply boolean NOT NULL, -- whether it is canceled if its recipient writes to the account before it leaves
  tags      text,                   -- words that its client has marked it with, a line for each
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX message_account ON message (account, id);

-- Parts of texts that clients cut themselves: while they wait for the others, and afterwards to say what became of them.
CREATE TABLE client_part (
  id        bigint PRIMARY KEY,     -- the part, and its columns up to `terms` as in message
  account   bigint NOT NULL,
  class     smallint NOT NULL,
  sender    text,
  recipient bigint NOT NULL,
  text      text,
  encoding  smallint,
  header    bytea,
  data      bytea,
  parts     smallint NOT NULL,
  due       bigint NOT NULL,
  expires   bigint NOT NULL,
  reference text,
  metadata  text,
  callback  text,
  receipts  smallint NOT NULL,
  via       smallint NOT NULL,
  flash     boolean NOT NULL,
  parameters bytea,
  known_as  text,
  exempt    boolean NOT NULL,     -- whether it goes out though its recipient has opted out
  hold      text,              -- the rule against fraud that holds it until it is released, and why; NULL if nothing does
  plan      text NOT NULL,
  tried     text,
  price     bigint,
  costs     text,
  terms     text,
  ordering_key text,
  cancel_on_reply boolean NOT NULL,
  tags      text,
  cut_kind  smallint NOT NULL,      -- the reference: 0 of 8 bits, 1 of 16 bits, 2 in a parameter
  cut_reference integer NOT NULL,
  cut_total smallint NOT NULL,      -- how many parts
  cut_number smallint NOT NULL,     -- which of them, from 1
  cut_alphabet smallint,            -- 0 gsm7, 2 latin1, 3 ascii, 4 utf8, 5 ucs2; NULL: no text
  wait_until bigint NOT NULL,       -- how long the others are waited for
  joined    bigint,                 -- the message that it became a part of
  damaged   boolean NOT NULL DEFAULT false  -- set aside: it can't be read
);
CREATE INDEX client_part_text ON client_part (account, recipient, cut_reference);
CREATE INDEX client_part_waiting ON client_part (wait_until) WHERE joined IS NULL AND NOT damaged;

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
  DELETE FROM notice WHERE id >= low AND id < high;
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
  account   bigint NOT NULL,
  class     smallint NOT NULL,
  due       bigint NOT NULL,
  expires   bigint NOT NULL,
  failed    integer NOT NULL,       -- attempts that failed
  taken     bigint NOT NULL,        -- a bit for each part that the carrier has taken
  possible_duplicate boolean NOT NULL,
  owner     smallint NOT NULL,      -- 0 nobody, the number of the node in whose hands it is, or -1 set aside: it can't be
                                    -- read
  ordering_key text,                -- it leaves behind the earlier ones of its account with the same key
  scheduled_to bigint               -- the digits of the recipient, if it is due later or a reply cancels it
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
-- Only rows that nobody holds are indexed: what is accepted and sent at once costs no index.
-- An account's messages lie together, so that a lease goes from one account to the next.
CREATE INDEX queue_free ON queue (upstream, class, account, due, id) WHERE owner = 0;
CREATE INDEX queue_free_expires ON queue (expires) WHERE owner = 0;
CREATE INDEX queue_ordered ON queue (account, ordering_key, id) WHERE ordering_key IS NOT NULL;
CREATE INDEX queue_scheduled ON queue (account, scheduled_to, id) WHERE scheduled_to IS NOT NULL;
-- What rules against fraud hold is due when it expires.
CREATE INDEX queue_held ON queue (id) WHERE due = expires;

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
  damaged   boolean NOT NULL DEFAULT false,  -- set aside: it can't be read
  PRIMARY KEY (upstream, reference)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX waiting_message ON waiting (message);

-- What applications are still to be told. What a notice says stands in the tables of what it tells.
CREATE TABLE notice (
  lane      bigint NOT NULL,        -- who is told: the account whose sessions are; -1 webhooks, -2 rules, -3 menus,
                                  -- -16 less the rule's number: its URL
  id        bigint NOT NULL,        -- of the end of a message: the message
  what      smallint NOT NULL,      -- what is told: 0 the end of a message, 1 a message from a handset, 2 a change of
                                  -- what holds of a number
  due       bigint NOT NULL,
  failed    integer NOT NULL,       -- attempts that failed
  owner     smallint NOT NULL,      -- 0 nobody, the number of the node that tells it, or -1 set aside: it can't be read
  PRIMARY KEY (lane, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
-- Only what nobody tells is indexed: what is told at once costs no index.
CREATE INDEX notice_free ON notice (lane, due, id) WHERE owner = 0;
-- Those of URLs of rules, whose lanes are many.
CREATE INDEX notice_of_rules ON notice (id) WHERE lane <= -16;

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
  reported  smallint NOT NULL,      -- 0 under way, 1 delivered, 2 undelivered, 3 expired, 4 deleted, 5 rejected, 6 unknown, 7 unclear
  error     text,
  at        bigint NOT NULL,
  also      text,                   -- another name that the receipt has
  damaged   boolean NOT NULL DEFAULT false,  -- set aside: it can't be read
  UNIQUE (upstream, reference, reported)
);

-- The forms of carriers' names for parts that were found out.
CREATE TABLE learnt (
  upstream  bigint PRIMARY KEY,
  form      text NOT NULL,          -- same, hex_then_decimal, decimal_then_hex
  place     text NOT NULL           -- where the upstream led then: `host:port`
);

-- How messages by an upstream ended, by the recipients' network or country, in stretches of five minutes.
CREATE TABLE quality (
  stretch   bigint NOT NULL,        -- its beginning
  upstream  bigint NOT NULL,
  place     text COLLATE "C" NOT NULL,  -- MCC and MNC, the country's code, or * for others
  ended     bigint NOT NULL,
  delivered bigint NOT NULL,
  log_ms    bigint NOT NULL,        -- the sum of the logarithms of the milliseconds to their receipts, in thousandths
  convertible bigint NOT NULL,      -- those of which it is told whether they converted
  converted bigint NOT NULL,
  PRIMARY KEY (stretch, upstream, place)
);

-- Numbers that messages did not reach for good, and none since.
CREATE TABLE unreached (
  number    bigint PRIMARY KEY,
  failures  bigint NOT NULL,
  first     bigint NOT NULL,        -- when the first of them was
  last      bigint NOT NULL
);
CREATE INDEX unreached_last ON unreached (last);

-- What providers said of numbers.
CREATE TABLE looked_up (
  number    bigint PRIMARY KEY,
  network   text,                   -- MCC and MNC
  assignment smallint NOT NULL,     -- 0 unknown, 1 somebody has it, 2 nobody has it
  provider  text NOT NULL,
  at        bigint NOT NULL,
  until     bigint NOT NULL
);
CREATE INDEX looked_up_until ON looked_up (until);

-- What was used of limits, by all nodes together.
CREATE TABLE usage (
  what      text COLLATE "C" NOT NULL,  -- the limit
  start     bigint NOT NULL,        -- the stretch of time, from here
  until     bigint NOT NULL,        -- to here
  count     bigint NOT NULL,
  PRIMARY KEY (what, start)
);
CREATE INDEX usage_until ON usage (until);

-- Messages from handsets. An id says when it was taken on, as a message's does.
CREATE TABLE inbound (
  id        bigint PRIMARY KEY,
  upstream  bigint NOT NULL,
  at        bigint NOT NULL,
  account   bigint,                 -- whose it is; NULL where nobody has declared the number
  keyword   text,                   -- the keyword that decided that
  intent    smallint,         -- what it asks for: 0 stop, 1 start, 2 help
  parts     smallint NOT NULL,      -- parts that it came in
  missing   smallint NOT NULL,      -- parts that did not come in time
  tags      text,                   -- words that rules have marked it with, a line for each
  from_given text NOT NULL,         -- the handset, as the network wrote it
  from_understood text,             -- +number, short code or name; NULL where it is none of these
  to_given  text NOT NULL,          -- what was written to, likewise
  to_understood text,
  text      text,                   -- the body, as in message
  encoding  smallint,
  header    bytea,
  data      bytea,
  carried   smallint NOT NULL,      -- how the network carried it: an encoding, as in message
  flash     boolean NOT NULL,
  reference text,                   -- the network's reference
  parameters bytea,                 -- what the network said besides, as in message
  price     bigint,               -- what its account pays for it, in millionths; NULL: nothing
  currency  text
);
CREATE INDEX inbound_account ON inbound (account, id);

-- Parts of long messages from handsets: they wait for the others, and are known a while after they were joined.
CREATE TABLE inbound_part (
  id        bigint PRIMARY KEY,
  upstream  bigint NOT NULL,
  wait_until bigint NOT NULL,    -- how long the others are waited for
  joined    bigint,              -- the message that it became a part of; NULL: it waits; -1: set aside, it can't be read
  sender    text NOT NULL,        -- what its parts have in common: the handset, what was written to,
  recipient text NOT NULL,
  kind      smallint NOT NULL,     -- the width of the reference, 0 eight bits, 1 sixteen bits,
  common    bigint NOT NULL,     -- the reference,
  total     smallint NOT NULL,     -- and how many parts there are
  number    smallint NOT NULL,     -- its place, from 1
  from_given text NOT NULL,       -- from here on as in inbound
  from_understood text,
  to_given  text NOT NULL,
  to_understood text,
  text      text,
  encoding  smallint,
  header    bytea,
  data      bytea,
  carried   smallint NOT NULL,
  flash     boolean NOT NULL,
  reference text,
  parameters bytea
);
CREATE INDEX inbound_part_key ON inbound_part (sender, recipient, common);
CREATE INDEX inbound_part_waiting ON inbound_part (wait_until) WHERE joined IS NULL;

-- What holds of numbers: each change of it, for good. The last one of a number, kind, account and sender is current.
CREATE TABLE consent (
  sequence  bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  id        bigint NOT NULL UNIQUE,
  at        bigint NOT NULL,
  number    bigint NOT NULL,     -- the digits; more than 15 stand for a number that was erased
  kind      smallint NOT NULL,     -- 0 opt-out, 1 block, 2 consent, 3 time zone
  account   bigint NOT NULL,     -- whose messages it is about; 0 is every account's
  covers    text NOT NULL,     -- of an opt-out the sender, of a consent the purpose, of a time zone its name; empty is all
  holds     boolean NOT NULL,     -- whether it holds from then on; otherwise it was lifted
  source    smallint NOT NULL,     -- 0 keyword, 1 API, 2 import, 3 carrier, 4 erasure
  reason    text,     -- the keyword, or why
  who       text,     -- who changed it
  inbound   bigint,     -- the message from the handset that changed it
  obtained  text,     -- of a consent: how it was obtained,
  shown     text,     -- what the person saw,
  proof     text,     -- and a proof
  current   boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX consent_current ON consent (number, kind, account, covers) WHERE current;
CREATE INDEX consent_number ON consent (number, sequence);
CREATE INDEX consent_account ON consent (kind, account, sequence);

-- The key of pseudonyms: of numbers that were erased and must not be written to.
CREATE TABLE pseudonym_key (
  one       smallint PRIMARY KEY,  -- 1
  key       bytea NOT NULL         -- 16 octets
);

-- Messages that frequency caps count, for as long as they count.
CREATE TABLE counted (
  recipient bigint NOT NULL,     -- the digits of the number
  at        bigint NOT NULL,     -- when the message goes out at the earliest
  message   bigint NOT NULL,
  account   bigint NOT NULL,
  class     smallint NOT NULL,
  content   bigint NOT NULL,     -- the fingerprint of sender and content; 0 where none is kept
  PRIMARY KEY (recipient, at, message)
);
CREATE INDEX counted_at ON counted (at);

-- The stream of events: a row for each transaction in which messages ended, or came from handsets, or something else
-- happened. The messages' own tables say what is to be told.
CREATE TABLE event_page (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,  -- its place in the stream; the newest row always stays
  at        bigint NOT NULL,        -- when the last of it happened
  events    bytea NOT NULL          -- packed
);

-- Conversations between an account's numbers and handsets. Their messages are in `message` and `inbound`.
CREATE TABLE conversation (
  id        bigint PRIMARY KEY,     -- the message that began it, or an identifier of its own
  account   bigint NOT NULL,
  number    text NOT NULL,          -- the account's number, short code or name
  handset   text NOT NULL,
  state     smallint NOT NULL,      -- 0 open, 1 waiting, 2 closed
  assignee  text,                   -- who looks after it
  updated   bigint NOT NULL,
  waiting_since bigint,             -- since when the handset waits for an answer
  last_reply bigint,                -- the last reply that was begun: its own identifier, not a message's
  claimed_by text,                  -- who is about to answer
  claimed_at bigint,
  assigned_at bigint,
  last_in bigint,                 -- the last message from the handset
  read_marks text,                 -- up to which message people have read: a line each, 19 digits, a tab and the person
  UNIQUE (account, handset, number)
);
CREATE INDEX conversation_updated ON conversation (account, updated, id);
CREATE INDEX conversation_open ON conversation (account, waiting_since, id) WHERE state = 0;
CREATE INDEX conversation_of_person ON conversation (account, assignee) WHERE state = 0 AND assignee IS NOT NULL;

-- Notes about conversations.
CREATE TABLE conversation_note (
  id        bigint PRIMARY KEY,
  at        bigint NOT NULL,
  author    text,
  text      text,                 -- the body, as in message
  encoding  smallint,
  header    bytea,
  data      bytea,
  conversation bigint NOT NULL
);
CREATE INDEX conversation_note_of ON conversation_note (conversation, id);

-- What rules of automation remember of senders.
CREATE TABLE rule_state (
  account   bigint NOT NULL,
  sender    text NOT NULL,         -- the handset: +number, short code or name
  rule      bigint NOT NULL,      -- 0: for all rules of the account
  value     text NOT NULL,         -- of a rule: how often it acted, and since when; of all: numbers that the program reads
  choice    text,                  -- the answer to a poll
  until     bigint NOT NULL,      -- when it may be forgotten
  PRIMARY KEY (account, sender, rule)
);
CREATE INDEX rule_state_choice ON rule_state (rule, choice) WHERE choice IS NOT NULL;
CREATE INDEX rule_state_until ON rule_state (until);

-- What applications within the gateway keep: documents that they alone read.
CREATE TABLE app_record (
  account   bigint NOT NULL,       -- 0: the gateway itself
  kind      text NOT NULL,
  id        text COLLATE "C" NOT NULL,
  version   bigint NOT NULL,       -- grows with each change
  person    text,                 -- the number of the person it is about, with +
  due       bigint,                -- when its application wants to see it again
  expires   bigint,                -- when it is forgotten
  document  text NOT NULL,
  PRIMARY KEY (account, kind, id)
);
CREATE INDEX app_record_due ON app_record (kind, due) WHERE due IS NOT NULL;
CREATE INDEX app_record_expires ON app_record (expires) WHERE expires IS NOT NULL;
CREATE INDEX app_record_person ON app_record (person) WHERE person IS NOT NULL;

-- Words by which records of applications are found. They go with their record.
CREATE TABLE app_label (
  account   bigint NOT NULL,
  kind      text NOT NULL,
  label     text COLLATE "C" NOT NULL,
  id        text COLLATE "C" NOT NULL,
  PRIMARY KEY (account, kind, label, id),
  FOREIGN KEY (account, kind, id) REFERENCES app_record ON DELETE CASCADE
);
CREATE INDEX app_label_id ON app_label (account, kind, id);

-- Recipients of campaigns and batches, once each.
CREATE TABLE recipient (
  account   bigint NOT NULL,
  run       bigint NOT NULL,      -- the campaign or batch
  position  bigint NOT NULL,      -- its place, from 1
  number    bigint,               -- the digits; NULL when the person was erased
  document  text NOT NULL,        -- what its application knows of it
  message   bigint,               -- the message that it gets,
  refusal   text,                 -- or why it gets none
  PRIMARY KEY (account, run, position)
);
CREATE UNIQUE INDEX recipient_once ON recipient (account, run, number);
CREATE INDEX recipient_number ON recipient (number) WHERE number IS NOT NULL;

-- Counts that applications hold to limits, by stretches of time.
CREATE TABLE app_count (
  account   bigint NOT NULL,
  name      text NOT NULL,        -- what is counted
  subject   text NOT NULL,        -- of whom or what
  stretch   bigint NOT NULL,       -- when the stretch began
  many      bigint NOT NULL,
  expires   bigint NOT NULL,
  PRIMARY KEY (account, name, subject, stretch)
);
CREATE INDEX app_count_expires ON app_count (expires);
CREATE INDEX app_count_subject ON app_count (subject);

-- What accounts have: the sum of their entries. All amounts are millionths of a unit.
CREATE TABLE balance (
  account   bigint NOT NULL,
  currency  text NOT NULL,
  posted    bigint NOT NULL,        -- top-ups less charges
  reserved  bigint NOT NULL,        -- prices of messages that are charged later, if at all
  low       boolean NOT NULL DEFAULT false,  -- its owner was told that it is low
  PRIMARY KEY (account, currency)
);

-- What moved balances: rows are only added, one for each account and kind of a transaction.
CREATE TABLE entry (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  account   bigint NOT NULL,
  currency  text NOT NULL,
  at        bigint NOT NULL,
  kind      smallint NOT NULL,      -- 0 top-up, 1 charge, 2 reservation, 3 capture, 4 release, 5 refund, 6 inbound, 7 look-up, 8 monthly fee, 9 correction
  posted    bigint NOT NULL,        -- added to the balance's
  reserved  bigint NOT NULL,        -- added to the balance's
  messages  bigint NOT NULL,        -- how many messages it is about
  key       text,                   -- of a top-up: the client's idempotency key,
  note      text,                   -- what it was for,
  who       text,                   -- and who made it
  UNIQUE (account, kind, key)
);
CREATE INDEX entry_account ON entry (account, id);

-- What accounts with a cap spent on a day, on messages to a country, or to all (an empty country).
CREATE TABLE spent (
  account   bigint NOT NULL,
  day       integer NOT NULL,       -- days since 1970-01-01 (UTC)
  country   text NOT NULL,
  amount    bigint NOT NULL,
  PRIMARY KEY (account, day, country)
);

-- Counts of messages that have ended, by the hour in which they were accepted, and once more by the day.
CREATE TABLE report (
  span      smallint NOT NULL,      -- hours that are counted together: 1, or 24 for a day (UTC)
  hour      bigint NOT NULL,        -- the first of them, in hours since 1970-01-01T00:00:00Z
  account   bigint NOT NULL,
  upstream  bigint NOT NULL,
  country   text NOT NULL,          -- ISO 3166; empty: not known
  network   text NOT NULL,          -- MCC and MNC, or a name; empty: not known
  sender    text NOT NULL,          -- empty: left to the carrier
  state     smallint NOT NULL,      -- as in outcome
  error     text NOT NULL,          -- the gateway's code; empty: none
  currency  text NOT NULL,          -- of price and cost; empty: none
  latency   smallint NOT NULL,      -- the class of the time to delivery, two a doubling, from 1 ms; -1: not delivered
  messages  bigint NOT NULL,
  parts     bigint NOT NULL,
  price     bigint NOT NULL,        -- paid in the end, in millionths
  cost      bigint NOT NULL,
  PRIMARY KEY (span, hour, account, upstream, country, network, sender, state, error, currency, latency)
);

-- An account's reports look at its own counts alone.
CREATE INDEX report_account ON report (account, span, hour);

-- The place in the stream of events up to which messages are counted.
CREATE TABLE report_place (
  one       smallint PRIMARY KEY,   -- 1
  page      bigint NOT NULL,
  events    bigint NOT NULL
);

-- Idempotency keys of the last 24 hours, and the decisions that repetitions are answered from.
CREATE TABLE once (
  id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  account   bigint NOT NULL,
  key       text NOT NULL,
  request   bytea NOT NULL,         -- SHA-256 of the request
  decided   text NOT NULL,          -- a line for each item: a message, or `!`, code, detail and field of a refusal
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
  data      bytea,                  -- what is too large for the document: a numbering plan
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

-- Blocks of messages, one after another, of which filters say which words can't be in them. They are made behind.
CREATE TABLE search_block (
  last      bigint PRIMARY KEY,  -- its last message
  behind    bigint NOT NULL,     -- it begins behind this one: the last of the block before, or -1
  open      boolean NOT NULL     -- whether some of its messages had not ended, so that nothing is known of their ends
);

CREATE TABLE search_filter (
  slice     smallint NOT NULL,   -- of words by their hashes
  last      bigint NOT NULL,     -- the block
  words     bytea NOT NULL,      -- a Bloom filter
  PRIMARY KEY (slice, last)
);

-- Up to which message the texts of an account have been removed, as far as they were not needed any more.
CREATE TABLE retention (
  account   bigint PRIMARY KEY,  -- -1: messages from handsets that belong to nobody
  messages  bigint NOT NULL,
  parts     bigint NOT NULL,     -- parts that clients cut themselves
  inbound   bigint NOT NULL
);

-- Who saw or changed what. Rows are only added. The hash of each covers the row and the hash before it.
CREATE TABLE audit (
  id        bigint PRIMARY KEY,  -- 1, 2, 3 and so on, without a gap
  at        bigint NOT NULL,
  who       text NOT NULL,
  role      text NOT NULL,     -- system, administrator, account, user, stranger
  address   text,
  action    text NOT NULL,
  subject   text NOT NULL,
  outcome   text NOT NULL,
  detail    text,              -- JSON
  hash      bytea NOT NULL      -- SHA-256
);

-- The last row of table audit.
CREATE TABLE audit_head (
  one       smallint PRIMARY KEY,  -- 1
  sequence  bigint NOT NULL,
  hash      bytea NOT NULL
);

-- Users who are signed in. A token is random and long: its SHA-256 keeps it.
CREATE TABLE user_session (
  id        bigint PRIMARY KEY,  -- random
  token     bytea NOT NULL UNIQUE,  -- SHA-256
  user_id   bigint NOT NULL,     -- a number of `resource`
  created   bigint NOT NULL,
  seen      bigint NOT NULL,     -- used last, to the minute
  proved    bigint NOT NULL,     -- when its user proved last who they are
  address   text NOT NULL,
  agent     text NOT NULL      -- the browser's own name
);

-- The step of time of the last one-time code that each user has used: none is used twice.
CREATE TABLE user_code (
  user_id   bigint PRIMARY KEY,
  step      bigint NOT NULL
);

-- Links by which users set their passwords, once.
CREATE TABLE user_link (
  token     bytea PRIMARY KEY,  -- SHA-256
  user_id   bigint NOT NULL,     -- 0: the first owner, who isn't declared yet
  expires   bigint NOT NULL
);

-- Media of messages: what accounts upload, and what handsets send.
CREATE TABLE media (
  id        bigint PRIMARY KEY,
  account   bigint,              -- who uploaded it; NULL: a handset sent it
  person    bigint,              -- the digits of that handset's number
  kind      smallint NOT NULL,   -- its type, by number
  size      bigint NOT NULL,     -- its octets, in clear
  print     bigint NOT NULL,     -- the fingerprint of its octets
  expires   bigint NOT NULL,
  sealed    boolean NOT NULL,    -- whether the octets are encrypted
  octets    bytea NOT NULL
);
CREATE INDEX media_account ON media (account, size);
CREATE INDEX media_expires ON media (expires);
CREATE INDEX media_person ON media (person) WHERE person IS NOT NULL;
-- Pictures and videos are compressed already.
ALTER TABLE media ALTER COLUMN octets SET STORAGE EXTERNAL;

-- Pages that show media to who has their link.
CREATE TABLE media_page (
  token     bytea PRIMARY KEY,   -- SHA-256
  account   bigint NOT NULL,
  items     text NOT NULL,       -- the media, by number: `1,3`
  expires   bigint NOT NULL
);
CREATE INDEX media_page_expires ON media_page (expires);

-- Keys that values may be encrypted with.
CREATE TABLE sealing_key (
  name      text PRIMARY KEY,  -- empty: values in clear
  checked   bytea NOT NULL      -- a value that was encrypted with it
);

-- Every message in words. Bounds on `id` are fast; accepted_at is for reading.
CREATE VIEW message_log AS
SELECT m.id,
       in_words((m.id >> 22) + 1704067200000) AS accepted_at,
       coalesce(a.name, m.account::text) AS account,
       CASE m.class WHEN 0 THEN 'emergency' WHEN 1 THEN 'otp' WHEN 2 THEN 'transactional' ELSE 'marketing' END AS class,
       m.sender,
       '+' || m.recipient AS recipient,
       m.text,
       m.parts,
       substr(m.plan, strpos(m.plan, ' ') + 1) AS route,
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
       coalesce(a.name, q.account::text) AS account,
       CASE q.class WHEN 0 THEN 'emergency' WHEN 1 THEN 'otp' WHEN 2 THEN 'transactional' ELSE 'marketing' END AS class,
       '+' || m.recipient AS recipient,
       in_words(q.due) AS due_at,
       in_words(q.expires) AS expires_at,
       q.failed AS failed_attempts,
       q.owner > 0 AS being_sent,
       q.owner < 0 AS damaged
  FROM queue q
  LEFT JOIN message m ON m.id = q.id
  LEFT JOIN resource u ON u.id = q.upstream
  LEFT JOIN resource a ON a.id = q.account;

-- Parts of texts that clients cut themselves, in words.
CREATE VIEW client_part_log AS
SELECT p.id,
       coalesce(a.name, p.account::text) AS account,
       p.sender,
       '+' || p.recipient AS recipient,
       p.cut_reference AS reference,
       p.cut_number AS part,
       p.cut_total AS parts,
       in_words(p.wait_until) AS waits_until,
       p.joined AS message,
       p.damaged
  FROM client_part p
  LEFT JOIN resource a ON a.id = p.account;

-- Receipts that are waited for, in words.
CREATE VIEW waiting_log AS
SELECT w.message AS id,
       w.part + 1 AS part,
       w.parts,
       coalesce(u.name, w.upstream::text) AS upstream,
       coalesce(w.given, w.reference) AS carrier_reference,
       in_words(w.sent_at) AS sent_at,
       w.damaged
  FROM waiting w
  LEFT JOIN resource u ON u.id = w.upstream;

-- What applications are still to be told, in words.
CREATE VIEW notice_log AS
SELECT n.id,
       CASE n.what WHEN 0 THEN 'ended' WHEN 1 THEN 'received' WHEN 2 THEN 'consent' END AS what,
       coalesce(a.name, m.account::text, i.account::text, c.account::text) AS account,
       CASE WHEN n.lane <= -16 THEN 'rule' WHEN n.lane IN (-2, -3) THEN 'rules' WHEN n.lane = -1 THEN 'webhook' ELSE 'session' END AS via,
       in_words(n.due) AS due_at,
       n.failed AS failed_attempts,
       n.owner < 0 AS damaged
  FROM notice n
  LEFT JOIN message m ON m.id = n.id AND n.what = 0
  LEFT JOIN inbound i ON i.id = n.id AND n.what = 1
  LEFT JOIN consent c ON c.id = n.id AND n.what = 2
  LEFT JOIN resource a ON a.id = coalesce(m.account, i.account, c.account);

-- Messages from handsets, in words.
CREATE VIEW inbound_log AS
SELECT i.id,
       in_words(i.at) AS received_at,
       coalesce(u.name, i.upstream::text) AS upstream,
       coalesce(i.from_understood, i.from_given) AS sender,
       coalesce(i.to_understood, i.to_given) AS recipient,
       coalesce(a.name, i.account::text) AS account,
       i.keyword,
       i.text,
       i.parts,
       i.missing AS missing_parts,
       i.reference AS carrier_reference
  FROM inbound i
  LEFT JOIN resource u ON u.id = i.upstream
  LEFT JOIN resource a ON a.id = i.account;

-- What holds of numbers, and what did, in words.
CREATE VIEW consent_log AS
SELECT c.sequence,
       in_words(c.at) AS at,
       '+' || c.number AS number,
       CASE c.kind WHEN 0 THEN 'opt_out' WHEN 1 THEN 'block' WHEN 2 THEN 'consent' WHEN 3 THEN 'time_zone' END AS kind,
       coalesce(a.name, nullif(c.account, 0)::text) AS account,
       c.covers,
       c.holds,
       CASE c.source WHEN 0 THEN 'keyword' WHEN 1 THEN 'api' WHEN 2 THEN 'import' WHEN 3 THEN 'carrier' WHEN 4 THEN 'erasure' END AS source,
       c.reason,
       c.who,
       c.inbound,
       c.current
  FROM consent c
  LEFT JOIN resource a ON a.id = c.account;

-- Puts free messages of an upstream that are due into the hands of a node, fairly between accounts: the classes in their
-- order, in each the accounts from `first` on and then from the lowest, of each account up to `each`, `most` in all. What
-- another node takes at the same moment is passed over. At most `visits` accounts of a class are looked at; those of
-- `except_of`, each the class times 2^32 and the account, keep theirs. Classes behind `down_to` keep theirs too. A last row without an id names the account to begin with next time, if not all were visited.
CREATE FUNCTION lease_queue(this smallint, of_upstream bigint, until bigint, most bigint, each bigint, first bigint,
                            visits integer, except_of bigint[], down_to smallint)
RETURNS TABLE (id bigint, upstream bigint, failed integer, taken bigint, possible_duplicate boolean,
               class smallint, account bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  found_account bigint;
  found_due bigint;
  seek bigint;
  is_first_round boolean;
  visited integer;
  ids bigint[] := '{}';
  of_account bigint[];
  next_account bigint;
BEGIN
  FOR of_class IN 0..down_to LOOP
    seek := first;
    is_first_round := true;
    visited := 0;
    LOOP
      -- One step along the index, however many messages lie between.
      SELECT q.account, q.due INTO found_account, found_due FROM queue q
       WHERE q.owner = 0 AND q.upstream = of_upstream AND q.class = of_class::smallint AND q.account >= seek
       ORDER BY q.account, q.due, q.id LIMIT 1;
      IF found_account IS NULL OR NOT is_first_round AND found_account >= first THEN
        EXIT WHEN NOT is_first_round;
        is_first_round := false;
        seek := 0;
        CONTINUE;
      END IF;
      IF visited >= visits OR cardinality(ids) >= most THEN
        -- Of several classes, the account that a round from `first` on meets first.
        IF next_account IS NULL
           OR (found_account < first, found_account) < (next_account < first, next_account) THEN
          next_account := found_account;
        END IF;
        EXIT;
      END IF;
      visited := visited + 1;
      seek := found_account + 1;
      CONTINUE WHEN found_due > until OR of_class::bigint << 32 | found_account = ANY (except_of);
      of_account := ARRAY(
        SELECT q.id FROM queue q
         WHERE q.owner = 0 AND q.upstream = of_upstream AND q.class = of_class::smallint
           AND q.account = found_account AND q.due <= until
           AND (q.ordering_key IS NULL OR NOT EXISTS (
             SELECT FROM queue e
              WHERE e.account = q.account AND e.ordering_key = q.ordering_key AND e.id < q.id AND e.owner <> -1))
         ORDER BY q.due, q.id LIMIT least(each, most - cardinality(ids)) FOR UPDATE SKIP LOCKED);
      ids := ids || of_account;
    END LOOP;
    EXIT WHEN cardinality(ids) >= most AND next_account IS NOT NULL;
  END LOOP;
  RETURN QUERY
    WITH own AS (
      UPDATE queue u SET owner = this FROM unnest(ids) AS f (id),
        LATERAL (SELECT x.ctid AS place FROM queue x WHERE x.id = f.id OFFSET 0) x
       WHERE u.ctid = x.place RETURNING u.*)
    SELECT o.id, o.upstream, o.failed, o.taken, o.possible_duplicate, o.class, o.account
      FROM unnest(ids) WITH ORDINALITY AS f (id, place) JOIN own o ON o.id = f.id ORDER BY f.place;
  IF next_account IS NOT NULL THEN
    RETURN QUERY SELECT NULL::bigint, NULL::bigint, NULL::integer, NULL::bigint, NULL::boolean, NULL::smallint,
                        next_account;
  END IF;
END $$;
