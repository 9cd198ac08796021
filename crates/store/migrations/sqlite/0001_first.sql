-- Times are Unix milliseconds. Accounts and upstreams are numbers of `resource`. The views at the end say
-- the same in words and are what reports should be made from.

-- What was accepted: written once. An id says when: (id >> 22) + 1704067200000.
CREATE TABLE message (
  id        INTEGER PRIMARY KEY,
  account   INTEGER NOT NULL,
  class     INTEGER NOT NULL,  -- 0 emergency, 1 otp, 2 transactional, 3 marketing
  sender    TEXT,              -- +number, short code or name; NULL leaves it to the carrier
  recipient INTEGER NOT NULL,  -- the digits of the number
  text      TEXT,              -- NULL when octets are carried
  encoding  INTEGER,           -- of the octets: 0 gsm7 (unpacked), 1 latin1, 2 ucs2, 3 octets, 4 several parts, each with its
                               -- own encoding and header, 5 the content was removed, 6 it is encrypted,
                               -- 7 a text with media; NULL: of a text with a zero in it, in UTF-8
  header    BLOB,              -- user data header of the octets
  data      BLOB,              -- the octets
  parts     INTEGER NOT NULL,
  due       INTEGER NOT NULL,  -- not sent before
  expires   INTEGER NOT NULL,  -- not sent after
  reference TEXT,              -- the client's own word for it
  metadata  TEXT,              -- the client's own data, JSON
  callback  TEXT,              -- a webhook for this message alone
  receipts  INTEGER NOT NULL,  -- the ends to tell: 0 none, 1 all, 2 failures, 3 successes
  via       INTEGER NOT NULL,  -- how to tell them: 0 asking, 1 session, 2 webhook, 3 not at all: a rule sent it, 4 a verification did
  flash     INTEGER NOT NULL,
  parameters BLOB,             -- for the carrier: of each its tag and length, in two octets each, and its octets
  known_as  TEXT,              -- identifiers that its client was given, if others: a line for each, with its receipts and its
                               -- reference
  exempt    INTEGER NOT NULL,      -- whether it goes out though its recipient has opted out
  hold      TEXT,              -- the rule against fraud that holds it until it is released, and why; NULL if nothing does
  plan      TEXT NOT NULL,     -- its upstreams, best first, and the route that named them: `1,2 world`
  tried     TEXT,              -- upstreams that took it before and did not deliver it, by number: `1,3`
  price     INTEGER,           -- the price of a part, in millionths; NULL if the account isn't billed
  costs     TEXT,              -- the cost of a part by each upstream of the plan, in millionths: `12000,,15000`
  terms     TEXT,              -- currency, when the price is charged, and ends at which it is given back; NULL without price and costs
  ordering_key TEXT,           -- messages of an account with the same key leave in their order
  cancel_on_reply INTEGER NOT NULL, -- whether it is canceled if its recipient writes to the account before it leaves
  tags      TEXT               -- words that its client has marked it with, a line for each
) STRICT;
CREATE INDEX message_account ON message (account, id);

-- Parts of texts that clients cut themselves: while they wait for the others, and afterwards to say what became of them.
CREATE TABLE client_part (
  id        INTEGER PRIMARY KEY,  -- the part, and its columns up to `terms` as in message
  account   INTEGER NOT NULL,
  class     INTEGER NOT NULL,
  sender    TEXT,
  recipient INTEGER NOT NULL,
  text      TEXT,
  encoding  INTEGER,
  header    BLOB,
  data      BLOB,
  parts     INTEGER NOT NULL,
  due       INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  reference TEXT,
  metadata  TEXT,
  callback  TEXT,
  receipts  INTEGER NOT NULL,
  via       INTEGER NOT NULL,
  flash     INTEGER NOT NULL,
  parameters BLOB,
  known_as  TEXT,
  exempt    INTEGER NOT NULL,      -- whether it goes out though its recipient has opted out
  hold      TEXT,              -- the rule against fraud that holds it until it is released, and why; NULL if nothing does
  plan      TEXT NOT NULL,
  tried     TEXT,
  price     INTEGER,
  costs     TEXT,
  terms     TEXT,
  ordering_key TEXT,
  cancel_on_reply INTEGER NOT NULL,
  tags      TEXT,
  cut_kind  INTEGER NOT NULL,     -- the reference: 0 of 8 bits, 1 of 16 bits, 2 in a parameter
  cut_reference INTEGER NOT NULL,
  cut_total INTEGER NOT NULL,     -- how many parts
  cut_number INTEGER NOT NULL,    -- which of them, from 1
  cut_alphabet INTEGER,           -- 0 gsm7, 2 latin1, 3 ascii, 4 utf8, 5 ucs2; NULL: no text
  wait_until INTEGER NOT NULL,    -- how long the others are waited for
  joined    INTEGER,              -- the message that it became a part of
  damaged   INTEGER NOT NULL DEFAULT 0  -- 1: set aside, it can't be read
) STRICT;
CREATE INDEX client_part_text ON client_part (account, recipient, cut_reference);
CREATE INDEX client_part_waiting ON client_part (wait_until) WHERE joined IS NULL AND NOT damaged;

-- How a message ended: written once.
CREATE TABLE outcome (
  id        INTEGER PRIMARY KEY,  -- the message
  state     INTEGER NOT NULL,     -- 2 delivered, 3 undelivered, 4 expired, 5 rejected, 6 failed, 7 unknown, 8 canceled
  upstream  INTEGER NOT NULL,
  reference TEXT,                 -- the carrier's name for the first part
  error     TEXT,
  sent_at   INTEGER,
  done_at   INTEGER NOT NULL,
  parts     INTEGER NOT NULL,
  possible_duplicate INTEGER NOT NULL
) STRICT;

-- What waits to be sent, and what is being sent.
CREATE TABLE queue (
  id        INTEGER PRIMARY KEY,  -- the message
  upstream  INTEGER NOT NULL,
  account   INTEGER NOT NULL,
  class     INTEGER NOT NULL,
  due       INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  failed    INTEGER NOT NULL,     -- attempts that failed
  taken     INTEGER NOT NULL,     -- a bit for each part that the carrier has taken
  possible_duplicate INTEGER NOT NULL,
  owner     INTEGER NOT NULL,     -- 0 nobody, 1 the running process, -1 set aside: it can't be read
  ordering_key TEXT,              -- it leaves behind the earlier ones of its account with the same key
  scheduled_to INTEGER            -- the digits of the recipient, if it is due later or a reply cancels it
) STRICT;
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
  upstream  INTEGER NOT NULL,
  reference TEXT NOT NULL,        -- what the carrier's name for the part is known by
  given     TEXT,                 -- the name as the carrier gave it, where that is something else
  message   INTEGER NOT NULL,
  part      INTEGER NOT NULL,     -- from 0
  parts     INTEGER NOT NULL,
  sent_at   INTEGER NOT NULL,
  possible_duplicate INTEGER NOT NULL,
  damaged   INTEGER NOT NULL DEFAULT 0,  -- 1: set aside, it can't be read
  PRIMARY KEY (upstream, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_message ON waiting (message);

-- Final states of parts, for messages of several.
CREATE TABLE part (
  message   INTEGER NOT NULL,
  part      INTEGER NOT NULL,     -- from 0
  state     INTEGER NOT NULL,     -- as in outcome
  error     TEXT,
  at        INTEGER NOT NULL,
  reference TEXT,                 -- the carrier's name for the part
  sent_at   INTEGER,
  PRIMARY KEY (message, part)
) STRICT, WITHOUT ROWID;

-- What applications are still to be told. What a notice says stands in the tables of what it tells.
CREATE TABLE notice (
  lane      INTEGER NOT NULL,     -- who is told: the account whose sessions are; -1 webhooks, -2 rules, -3 menus,
                                -- -16 less the rule's number: its URL
  id        INTEGER NOT NULL,     -- of the end of a message: the message
  what      INTEGER NOT NULL,     -- what is told: 0 the end of a message, 1 a message from a handset, 2 a change of
                                  -- what holds of a number
  due       INTEGER NOT NULL,
  failed    INTEGER NOT NULL,     -- attempts that failed
  owner     INTEGER NOT NULL,     -- 0 nobody, 1 the running process, -1 set aside: it can't be read
  PRIMARY KEY (lane, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_free ON notice (lane, due, id) WHERE owner = 0;
-- Those of URLs of rules, whose lanes are many.
CREATE INDEX notice_of_rules ON notice (id) WHERE lane <= -16;

-- Attempts to tell the client that the timeline shows.
CREATE TABLE attempt (
  message   INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  result    TEXT NOT NULL,
  PRIMARY KEY (message, at, result)
) STRICT, WITHOUT ROWID;

-- What was out of the ordinary on a message's way.
CREATE TABLE remark (
  message   INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  text      TEXT NOT NULL,
  PRIMARY KEY (message, at, text)
) STRICT, WITHOUT ROWID;

-- Receipts that found no message: they may be early.
CREATE TABLE parked (
  id        INTEGER PRIMARY KEY,
  upstream  INTEGER NOT NULL,
  reference TEXT NOT NULL,        -- the carrier's name for the part, as the receipt spells it
  key       TEXT NOT NULL,        -- what it is known by, as far as the carrier's form of names is known
  one       INTEGER,              -- the digits of the numbers between which it was sent
  other     INTEGER,
  reported  INTEGER NOT NULL,     -- 0 under way, 1 delivered, 2 undelivered, 3 expired, 4 deleted, 5 rejected, 6 unknown, 7 unclear
  error     TEXT,
  at        INTEGER NOT NULL,
  also      TEXT,                 -- another name that the receipt has
  damaged   INTEGER NOT NULL DEFAULT 0,  -- 1: set aside, it can't be read
  UNIQUE (upstream, reference, reported)
) STRICT;

-- The forms of carriers' names for parts that were found out.
CREATE TABLE learnt (
  upstream  INTEGER PRIMARY KEY,
  form      TEXT NOT NULL,        -- same, hex_then_decimal, decimal_then_hex
  place     TEXT NOT NULL         -- where the upstream led then: `host:port`
) STRICT;

-- How messages by an upstream ended, by the recipients' network or country, in stretches of five minutes.
CREATE TABLE quality (
  stretch   INTEGER NOT NULL,     -- its beginning
  upstream  INTEGER NOT NULL,
  place     TEXT NOT NULL,        -- MCC and MNC, the country's code, or * for others
  ended     INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  log_ms    INTEGER NOT NULL,     -- the sum of the logarithms of the milliseconds to their receipts, in thousandths
  convertible INTEGER NOT NULL,   -- those of which it is told whether they converted
  converted INTEGER NOT NULL,
  PRIMARY KEY (stretch, upstream, place)
) STRICT, WITHOUT ROWID;

-- Numbers that messages did not reach for good, and none since.
CREATE TABLE unreached (
  number    INTEGER PRIMARY KEY,
  failures  INTEGER NOT NULL,
  first     INTEGER NOT NULL,     -- when the first of them was
  last      INTEGER NOT NULL
) STRICT;
CREATE INDEX unreached_last ON unreached (last);

-- What providers said of numbers.
CREATE TABLE looked_up (
  number    INTEGER PRIMARY KEY,
  network   TEXT,                 -- MCC and MNC
  assignment INTEGER NOT NULL,    -- 0 unknown, 1 somebody has it, 2 nobody has it
  provider  TEXT NOT NULL,
  at        INTEGER NOT NULL,
  until     INTEGER NOT NULL
) STRICT;
CREATE INDEX looked_up_until ON looked_up (until);

-- What was used of limits, by all nodes together.
CREATE TABLE usage (
  what      TEXT NOT NULL,        -- the limit
  start     INTEGER NOT NULL,     -- the stretch of time, from here
  until     INTEGER NOT NULL,     -- to here
  count     INTEGER NOT NULL,
  PRIMARY KEY (what, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_until ON usage (until);

-- Messages from handsets. An id says when it was taken on, as a message's does.
CREATE TABLE inbound (
  id        INTEGER PRIMARY KEY,
  upstream  INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  account   INTEGER,              -- whose it is; NULL where nobody has declared the number
  keyword   TEXT,                 -- the keyword that decided that
  intent    INTEGER,              -- what it asks for: 0 stop, 1 start, 2 help
  parts     INTEGER NOT NULL,     -- parts that it came in
  missing   INTEGER NOT NULL,     -- parts that did not come in time
  tags      TEXT,                 -- words that rules have marked it with, a line for each
  from_given TEXT NOT NULL,       -- the handset, as the network wrote it
  from_understood TEXT,           -- +number, short code or name; NULL where it is none of these
  to_given  TEXT NOT NULL,        -- what was written to, likewise
  to_understood TEXT,
  text      TEXT,                 -- the body, as in message
  encoding  INTEGER,
  header    BLOB,
  data      BLOB,
  carried   INTEGER NOT NULL,     -- how the network carried it: an encoding, as in message
  flash     INTEGER NOT NULL,
  reference TEXT,                 -- the network's reference
  parameters BLOB,                -- what the network said besides, as in message
  price     INTEGER,              -- what its account pays for it, in millionths; NULL: nothing
  currency  TEXT
) STRICT;
CREATE INDEX inbound_account ON inbound (account, id);

-- Parts of long messages from handsets: they wait for the others, and are known a while after they were joined.
CREATE TABLE inbound_part (
  id        INTEGER PRIMARY KEY,
  upstream  INTEGER NOT NULL,
  wait_until INTEGER NOT NULL,    -- how long the others are waited for
  joined    INTEGER,              -- the message that it became a part of; NULL: it waits; -1: set aside, it can't be read
  sender    TEXT NOT NULL,        -- what its parts have in common: the handset, what was written to,
  recipient TEXT NOT NULL,
  kind      INTEGER NOT NULL,     -- the width of the reference, 0 eight bits, 1 sixteen bits,
  common    INTEGER NOT NULL,     -- the reference,
  total     INTEGER NOT NULL,     -- and how many parts there are
  number    INTEGER NOT NULL,     -- its place, from 1
  from_given TEXT NOT NULL,       -- from here on as in inbound
  from_understood TEXT,
  to_given  TEXT NOT NULL,
  to_understood TEXT,
  text      TEXT,
  encoding  INTEGER,
  header    BLOB,
  data      BLOB,
  carried   INTEGER NOT NULL,
  flash     INTEGER NOT NULL,
  reference TEXT,
  parameters BLOB
) STRICT;
CREATE INDEX inbound_part_key ON inbound_part (sender, recipient, common);
CREATE INDEX inbound_part_waiting ON inbound_part (wait_until) WHERE joined IS NULL;

-- What holds of numbers: each change of it, for good. The last one of a number, kind, account and sender is current.
CREATE TABLE consent (
  sequence  INTEGER PRIMARY KEY AUTOINCREMENT,  -- none comes twice, though rows are erased
  id        INTEGER NOT NULL UNIQUE,
  at        INTEGER NOT NULL,
  number    INTEGER NOT NULL,     -- the digits; more than 15 stand for a number that was erased
  kind      INTEGER NOT NULL,     -- 0 opt-out, 1 block, 2 consent, 3 time zone
  account   INTEGER NOT NULL,     -- whose messages it is about; 0 is every account's
  covers    TEXT NOT NULL,     -- of an opt-out the sender, of a consent the purpose, of a time zone its name; empty is all
  holds     INTEGER NOT NULL,     -- whether it holds from then on; otherwise it was lifted
  source    INTEGER NOT NULL,     -- 0 keyword, 1 API, 2 import, 3 carrier, 4 erasure
  reason    TEXT,     -- the keyword, or why
  who       TEXT,     -- who changed it
  inbound   INTEGER,     -- the message from the handset that changed it
  obtained  TEXT,     -- of a consent: how it was obtained,
  shown     TEXT,     -- what the person saw,
  proof     TEXT,     -- and a proof
  current   INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX consent_current ON consent (number, kind, account, covers) WHERE current;
CREATE INDEX consent_number ON consent (number, sequence);
CREATE INDEX consent_account ON consent (kind, account, sequence);

-- The key of pseudonyms: of numbers that were erased and must not be written to.
CREATE TABLE pseudonym_key (
  one       INTEGER PRIMARY KEY,  -- 1
  key       BLOB NOT NULL         -- 16 octets
) STRICT;

-- Messages that frequency caps count, for as long as they count.
CREATE TABLE counted (
  recipient INTEGER NOT NULL,     -- the digits of the number
  at        INTEGER NOT NULL,     -- when the message goes out at the earliest
  message   INTEGER NOT NULL,
  account   INTEGER NOT NULL,
  class     INTEGER NOT NULL,
  content   INTEGER NOT NULL,     -- the fingerprint of sender and content; 0 where none is kept
  PRIMARY KEY (recipient, at, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_at ON counted (at);

-- The stream of events: a row for each transaction in which messages ended, or came from handsets, or something else
-- happened. The messages' own tables say what is to be told.
CREATE TABLE event_page (
  id        INTEGER PRIMARY KEY,  -- its place in the stream; the newest row always stays
  at        INTEGER NOT NULL,     -- when the last of it happened
  events    BLOB NOT NULL         -- packed
) STRICT;

-- Conversations between an account's numbers and handsets. Their messages are in `message` and `inbound`.
CREATE TABLE conversation (
  id        INTEGER PRIMARY KEY,  -- the message that began it, or an identifier of its own
  account   INTEGER NOT NULL,
  number    TEXT NOT NULL,        -- the account's number, short code or name
  handset   TEXT NOT NULL,
  state     INTEGER NOT NULL,     -- 0 open, 1 waiting, 2 closed
  assignee  TEXT,                 -- who looks after it
  updated   INTEGER NOT NULL,
  waiting_since INTEGER,          -- since when the handset waits for an answer
  last_reply INTEGER,             -- the last reply that was begun: its own identifier, not a message's
  claimed_by TEXT,                -- who is about to answer
  claimed_at INTEGER,
  assigned_at INTEGER,
  last_in INTEGER,                 -- the last message from the handset
  read_marks TEXT,                 -- up to which message people have read: a line each, 19 digits, a tab and the person
  UNIQUE (account, handset, number)
) STRICT;
CREATE INDEX conversation_updated ON conversation (account, updated, id);
CREATE INDEX conversation_open ON conversation (account, waiting_since, id) WHERE state = 0;
CREATE INDEX conversation_of_person ON conversation (account, assignee) WHERE state = 0 AND assignee IS NOT NULL;

-- Notes about conversations.
CREATE TABLE conversation_note (
  id        INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  author    TEXT,
  text      TEXT,                 -- the body, as in message
  encoding  INTEGER,
  header    BLOB,
  data      BLOB,
  conversation INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_note_of ON conversation_note (conversation, id);

-- What rules of automation remember of senders.
CREATE TABLE rule_state (
  account   INTEGER NOT NULL,
  sender    TEXT NOT NULL,         -- the handset: +number, short code or name
  rule      INTEGER NOT NULL,      -- 0: for all rules of the account
  value     TEXT NOT NULL,         -- of a rule: how often it acted, and since when; of all: numbers that the program reads
  choice    TEXT,                  -- the answer to a poll
  until     INTEGER NOT NULL,      -- when it may be forgotten
  PRIMARY KEY (account, sender, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_state_choice ON rule_state (rule, choice) WHERE choice IS NOT NULL;
CREATE INDEX rule_state_until ON rule_state (until);

-- What applications within the gateway keep: documents that they alone read.
CREATE TABLE app_record (
  account   INTEGER NOT NULL,       -- 0: the gateway itself
  kind      TEXT NOT NULL,
  id        TEXT NOT NULL,
  version   INTEGER NOT NULL,       -- grows with each change
  person    TEXT,                 -- the number of the person it is about, with +
  due       INTEGER,                -- when its application wants to see it again
  expires   INTEGER,                -- when it is forgotten
  document  TEXT NOT NULL,
  PRIMARY KEY (account, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_record_due ON app_record (kind, due) WHERE due IS NOT NULL;
CREATE INDEX app_record_expires ON app_record (expires) WHERE expires IS NOT NULL;
CREATE INDEX app_record_person ON app_record (person) WHERE person IS NOT NULL;

-- Words by which records of applications are found. They go with their record.
CREATE TABLE app_label (
  account   INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  label     TEXT NOT NULL,
  id        TEXT NOT NULL,
  PRIMARY KEY (account, kind, label, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_label_id ON app_label (account, kind, id);
CREATE TRIGGER app_record_gone AFTER DELETE ON app_record BEGIN
  DELETE FROM app_label WHERE account = old.account AND kind = old.kind AND id = old.id;
END;

-- Recipients of campaigns and batches, once each.
CREATE TABLE recipient (
  account   INTEGER NOT NULL,
  run       INTEGER NOT NULL,     -- the campaign or batch
  position  INTEGER NOT NULL,     -- its place, from 1
  number    INTEGER,              -- the digits; NULL when the person was erased
  document  TEXT NOT NULL,        -- what its application knows of it
  message   INTEGER,              -- the message that it gets,
  refusal   TEXT,                 -- or why it gets none
  PRIMARY KEY (account, run, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX recipient_once ON recipient (account, run, number);
CREATE INDEX recipient_number ON recipient (number) WHERE number IS NOT NULL;

-- Counts that applications hold to limits, by stretches of time.
CREATE TABLE app_count (
  account   INTEGER NOT NULL,
  name      TEXT NOT NULL,        -- what is counted
  subject   TEXT NOT NULL,        -- of whom or what
  stretch   INTEGER NOT NULL,       -- when the stretch began
  many      INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  PRIMARY KEY (account, name, subject, stretch)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_count_expires ON app_count (expires);
CREATE INDEX app_count_subject ON app_count (subject);

-- What accounts have: the sum of their entries. All amounts are millionths of a unit.
CREATE TABLE balance (
  account   INTEGER NOT NULL,
  currency  TEXT NOT NULL,
  posted    INTEGER NOT NULL,     -- top-ups less charges
  reserved  INTEGER NOT NULL,     -- prices of messages that are charged later, if at all
  low       INTEGER NOT NULL DEFAULT 0,  -- 1: its owner was told that it is low
  PRIMARY KEY (account, currency)
) STRICT, WITHOUT ROWID;

-- What moved balances: rows are only added, one for each account and kind of a transaction.
CREATE TABLE entry (
  id        INTEGER PRIMARY KEY,
  account   INTEGER NOT NULL,
  currency  TEXT NOT NULL,
  at        INTEGER NOT NULL,
  kind      INTEGER NOT NULL,     -- 0 top-up, 1 charge, 2 reservation, 3 capture, 4 release, 5 refund, 6 inbound, 7 look-up, 8 monthly fee, 9 correction
  posted    INTEGER NOT NULL,     -- added to the balance's
  reserved  INTEGER NOT NULL,     -- added to the balance's
  messages  INTEGER NOT NULL,     -- how many messages it is about
  key       TEXT,                 -- of a top-up: the client's idempotency key,
  note      TEXT,                 -- what it was for,
  who       TEXT,                 -- and who made it
  UNIQUE (account, kind, key)
) STRICT;
CREATE INDEX entry_account ON entry (account, id);

-- What accounts with a cap spent on a day, on messages to a country, or to all (an empty country).
CREATE TABLE spent (
  account   INTEGER NOT NULL,
  day       INTEGER NOT NULL,     -- days since 1970-01-01 (UTC)
  country   TEXT NOT NULL,
  amount    INTEGER NOT NULL,
  PRIMARY KEY (account, day, country)
) STRICT, WITHOUT ROWID;

-- Counts of messages that have ended, by the hour in which they were accepted, and once more by the day.
CREATE TABLE report (
  span      INTEGER NOT NULL,     -- hours that are counted together: 1, or 24 for a day (UTC)
  hour      INTEGER NOT NULL,     -- the first of them, in hours since 1970-01-01T00:00:00Z
  account   INTEGER NOT NULL,
  upstream  INTEGER NOT NULL,
  country   TEXT NOT NULL,        -- ISO 3166; empty: not known
  network   TEXT NOT NULL,        -- MCC and MNC, or a name; empty: not known
  sender    TEXT NOT NULL,        -- empty: left to the carrier
  state     INTEGER NOT NULL,     -- as in outcome
  error     TEXT NOT NULL,        -- the gateway's code; empty: none
  currency  TEXT NOT NULL,        -- of price and cost; empty: none
  latency   INTEGER NOT NULL,     -- the class of the time to delivery, two a doubling, from 1 ms; -1: not delivered
  messages  INTEGER NOT NULL,
  parts     INTEGER NOT NULL,
  price     INTEGER NOT NULL,     -- paid in the end, in millionths
  cost      INTEGER NOT NULL,
  PRIMARY KEY (span, hour, account, upstream, country, network, sender, state, error, currency, latency)
) STRICT, WITHOUT ROWID;

-- An account's reports look at its own counts alone.
CREATE INDEX report_account ON report (account, span, hour);

-- The place in the stream of events up to which messages are counted.
CREATE TABLE report_place (
  one       INTEGER PRIMARY KEY,  -- 1
  page      INTEGER NOT NULL,
  events    INTEGER NOT NULL
) STRICT;

-- Idempotency keys of the last 24 hours, and the decisions that repetitions are answered from.
CREATE TABLE once (
  id        INTEGER PRIMARY KEY,
  account   INTEGER NOT NULL,
  key       TEXT NOT NULL,
  request   BLOB NOT NULL,        -- SHA-256 of the request
  decided   TEXT NOT NULL,        -- a line for each item: a message, or `!`, code, detail and field of a refusal
  at        INTEGER NOT NULL,
  UNIQUE (account, key)
) STRICT;

-- Accounts, upstreams, routes: numbers and names stay when the thing is deleted.
CREATE TABLE resource (
  id        INTEGER PRIMARY KEY,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  document  TEXT,                 -- NULL when deleted, or declared in the file
  updated   INTEGER NOT NULL,
  data      BLOB,                 -- what is too large for the document: a numbering plan
  UNIQUE (kind, name)
) STRICT;

-- Who changed which resource, secrets left out.
CREATE TABLE resource_change (
  id        INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  who       TEXT NOT NULL,
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  before    TEXT,
  after     TEXT
) STRICT;

-- Blocks of messages, one after another, of which filters say which words can't be in them. They are made behind.
CREATE TABLE search_block (
  last      INTEGER PRIMARY KEY,  -- its last message
  behind    INTEGER NOT NULL,     -- it begins behind this one: the last of the block before, or -1
  open      INTEGER NOT NULL      -- 1: some of its messages had not ended, so nothing is known of their ends
) STRICT;

CREATE TABLE search_filter (
  slice     INTEGER NOT NULL,     -- of words by their hashes
  last      INTEGER NOT NULL,     -- the block
  words     BLOB NOT NULL,        -- a Bloom filter
  PRIMARY KEY (slice, last)
) STRICT, WITHOUT ROWID;

-- Up to which message the texts of an account have been removed, as far as they were not needed any more.
CREATE TABLE retention (
  account   INTEGER PRIMARY KEY,  -- -1: messages from handsets that belong to nobody
  messages  INTEGER NOT NULL,
  parts     INTEGER NOT NULL,     -- parts that clients cut themselves
  inbound   INTEGER NOT NULL
) STRICT;

-- Who saw or changed what. Rows are only added. The hash of each covers the row and the hash before it.
CREATE TABLE audit (
  id        INTEGER PRIMARY KEY,  -- 1, 2, 3 and so on, without a gap
  at        INTEGER NOT NULL,
  who       TEXT NOT NULL,
  role      TEXT NOT NULL,     -- system, administrator, account, user, stranger
  address   TEXT,
  action    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  detail    TEXT,              -- JSON
  hash      BLOB NOT NULL      -- SHA-256
) STRICT;

-- The last row of table audit.
CREATE TABLE audit_head (
  one       INTEGER PRIMARY KEY,  -- 1
  sequence  INTEGER NOT NULL,
  hash      BLOB NOT NULL
) STRICT;

-- Users who are signed in. A token is random and long: its SHA-256 keeps it.
CREATE TABLE user_session (
  id        INTEGER PRIMARY KEY,  -- random
  token     BLOB NOT NULL UNIQUE,  -- SHA-256
  user_id   INTEGER NOT NULL,     -- a number of `resource`
  created   INTEGER NOT NULL,
  seen      INTEGER NOT NULL,     -- used last, to the minute
  proved    INTEGER NOT NULL,     -- when its user proved last who they are
  address   TEXT NOT NULL,
  agent     TEXT NOT NULL      -- the browser's own name
) STRICT;

-- The step of time of the last one-time code that each user has used: none is used twice.
CREATE TABLE user_code (
  user_id   INTEGER PRIMARY KEY,
  step      INTEGER NOT NULL
) STRICT;

-- Links by which users set their passwords, once.
CREATE TABLE user_link (
  token     BLOB PRIMARY KEY,  -- SHA-256
  user_id   INTEGER NOT NULL,     -- 0: the first owner, who isn't declared yet
  expires   INTEGER NOT NULL
) STRICT;

-- Media of messages: what accounts upload, and what handsets send.
CREATE TABLE media (
  id        INTEGER PRIMARY KEY,
  account   INTEGER,              -- who uploaded it; NULL: a handset sent it
  person    INTEGER,              -- the digits of that handset's number
  kind      INTEGER NOT NULL,     -- its type, by number
  size      INTEGER NOT NULL,     -- its octets, in clear
  print     INTEGER NOT NULL,     -- the fingerprint of its octets
  expires   INTEGER NOT NULL,
  sealed    INTEGER NOT NULL,     -- whether the octets are encrypted
  octets    BLOB NOT NULL
) STRICT;
CREATE INDEX media_account ON media (account, size);
CREATE INDEX media_expires ON media (expires);
CREATE INDEX media_person ON media (person) WHERE person IS NOT NULL;

-- Pages that show media to who has their link.
CREATE TABLE media_page (
  token     BLOB PRIMARY KEY,     -- SHA-256
  account   INTEGER NOT NULL,
  items     TEXT NOT NULL,        -- the media, by number: `1,3`
  expires   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX media_page_expires ON media_page (expires);

-- Keys that values may be encrypted with.
CREATE TABLE sealing_key (
  name      TEXT PRIMARY KEY,  -- empty: values in clear
  checked   BLOB NOT NULL      -- a value that was encrypted with it
) STRICT;

-- Every message in words. Bounds on `id` are fast; accepted_at is for reading.
CREATE VIEW message_log AS
SELECT m.id,
       strftime('%Y-%m-%dT%H:%M:%fZ', ((m.id >> 22) + 1704067200000) / 1000.0, 'unixepoch') AS accepted_at,
       coalesce(a.name, m.account) AS account,
       CASE m.class WHEN 0 THEN 'emergency' WHEN 1 THEN 'otp' WHEN 2 THEN 'transactional' ELSE 'marketing' END AS class,
       m.sender,
       '+' || m.recipient AS recipient,
       m.text,
       m.parts,
       substr(m.plan, instr(m.plan, ' ') + 1) AS route,
       CASE WHEN o.id IS NOT NULL THEN
              CASE o.state WHEN 2 THEN 'delivered' WHEN 3 THEN 'undelivered' WHEN 4 THEN 'expired'
                           WHEN 5 THEN 'rejected' WHEN 6 THEN 'failed' WHEN 7 THEN 'unknown'
                           WHEN 8 THEN 'canceled' END
            WHEN q.id IS NOT NULL THEN 'queued'
            ELSE 'sent' END AS state,
       coalesce(u.name, o.upstream, q.upstream, w.upstream) AS upstream,
       coalesce(o.reference, w.given, w.reference) AS carrier_reference,
       o.error,
       strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(o.sent_at, w.sent_at) / 1000.0, 'unixepoch') AS sent_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', o.done_at / 1000.0, 'unixepoch') AS done_at,
       coalesce(o.possible_duplicate, q.possible_duplicate, w.possible_duplicate) AS possible_duplicate,
       m.reference,
       m.metadata
  FROM message m
  LEFT JOIN outcome o ON o.id = m.id
  LEFT JOIN queue q ON q.id = m.id
  LEFT JOIN waiting w ON w.message = m.id AND w.part = (SELECT min(part) FROM waiting WHERE message = m.id)
  LEFT JOIN resource a ON a.id = m.account
  LEFT JOIN resource u ON u.id = coalesce(o.upstream, q.upstream, w.upstream);

-- What waits to be sent, in words.
CREATE VIEW queue_log AS
SELECT q.id,
       coalesce(u.name, q.upstream) AS upstream,
       coalesce(a.name, q.account) AS account,
       CASE q.class WHEN 0 THEN 'emergency' WHEN 1 THEN 'otp' WHEN 2 THEN 'transactional' ELSE 'marketing' END AS class,
       '+' || m.recipient AS recipient,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.due / 1000.0, 'unixepoch') AS due_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.expires / 1000.0, 'unixepoch') AS expires_at,
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
       coalesce(a.name, p.account) AS account,
       p.sender,
       '+' || p.recipient AS recipient,
       p.cut_reference AS reference,
       p.cut_number AS part,
       p.cut_total AS parts,
       strftime('%Y-%m-%dT%H:%M:%fZ', p.wait_until / 1000.0, 'unixepoch') AS waits_until,
       p.joined AS message,
       p.damaged
  FROM client_part p
  LEFT JOIN resource a ON a.id = p.account;

-- Receipts that are waited for, in words.
CREATE VIEW waiting_log AS
SELECT w.message AS id,
       w.part + 1 AS part,
       w.parts,
       coalesce(u.name, w.upstream) AS upstream,
       coalesce(w.given, w.reference) AS carrier_reference,
       strftime('%Y-%m-%dT%H:%M:%fZ', w.sent_at / 1000.0, 'unixepoch') AS sent_at,
       w.damaged
  FROM waiting w
  LEFT JOIN resource u ON u.id = w.upstream;

-- What applications are still to be told, in words.
CREATE VIEW notice_log AS
SELECT n.id,
       CASE n.what WHEN 0 THEN 'ended' WHEN 1 THEN 'received' WHEN 2 THEN 'consent' END AS what,
       coalesce(a.name, m.account, i.account, c.account) AS account,
       CASE WHEN n.lane <= -16 THEN 'rule' WHEN n.lane IN (-2, -3) THEN 'rules' WHEN n.lane = -1 THEN 'webhook' ELSE 'session' END AS via,
       strftime('%Y-%m-%dT%H:%M:%fZ', n.due / 1000.0, 'unixepoch') AS due_at,
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
       strftime('%Y-%m-%dT%H:%M:%fZ', i.at / 1000.0, 'unixepoch') AS received_at,
       coalesce(u.name, i.upstream) AS upstream,
       coalesce(i.from_understood, i.from_given) AS sender,
       coalesce(i.to_understood, i.to_given) AS recipient,
       coalesce(a.name, i.account) AS account,
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
       strftime('%Y-%m-%dT%H:%M:%fZ', c.at / 1000.0, 'unixepoch') AS at,
       '+' || c.number AS number,
       CASE c.kind WHEN 0 THEN 'opt_out' WHEN 1 THEN 'block' WHEN 2 THEN 'consent' WHEN 3 THEN 'time_zone' END AS kind,
       coalesce(a.name, nullif(c.account, 0)) AS account,
       c.covers,
       c.holds,
       CASE c.source WHEN 0 THEN 'keyword' WHEN 1 THEN 'api' WHEN 2 THEN 'import' WHEN 3 THEN 'carrier' WHEN 4 THEN 'erasure' END AS source,
       c.reason,
       c.who,
       c.inbound,
       c.current
  FROM consent c
  LEFT JOIN resource a ON a.id = c.account;
