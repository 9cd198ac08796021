-- The processes that share this database. A node lives until `until`, by this database's clock, which it moves on at
-- each beat.
CREATE TABLE node (
  number      smallint PRIMARY KEY,   -- 1 to 255, which is in every identifier that the node makes; the negative of it for
                                      -- who had it before and is parting
  life        bigint NOT NULL,        -- since when it has what it has in hand: nobody took that for left behind
  steady      bigint NOT NULL,        -- since when its beats have come in time
  since       bigint NOT NULL,
  beaten      bigint NOT NULL,
  until       bigint NOT NULL,
  address     text NOT NULL,          -- where its HTTP API is
  version     text NOT NULL,
  serves      bigint[] NOT NULL,      -- upstreams whose binds it would keep
  up          bigint[] NOT NULL,      -- upstreams of which it has a link that is up
  demand_of   bigint[] NOT NULL,      -- accounts with a rate, and the parts a second that are asked of it for each
  demand      double precision[] NOT NULL,
  sessions_of bigint[] NOT NULL,      -- accounts, and the sessions that each has open with it
  sessions    bigint[] NOT NULL,
  consent     bigint NOT NULL         -- the row of `consent` that it has taken in last
) WITH (fillfactor = 50);

-- What one node alone may do. Who holds it keeps it until it lets go of it, or dies.
CREATE TABLE lease (
  name        text PRIMARY KEY,       -- chores, bind/UPSTREAM/BIND
  node        smallint NOT NULL,
  since       bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX lease_node ON lease (node);

-- Messages of several parts that were all reported, at once to several nodes, none of which saw the end. What was
-- reported is in `part`; what is left in `waiting` says the rest.
CREATE TABLE gathered (
  message     bigint PRIMARY KEY
);

-- The time that all nodes go by, in Unix milliseconds.
CREATE FUNCTION clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE FUNCTION is_living(this smallint) RETURNS boolean LANGUAGE sql VOLATILE AS
$$ SELECT EXISTS (SELECT FROM node WHERE number = this AND until > clock_ms()) $$;

-- Returns what a node that died had in hand: how many messages, which may have been sent.
CREATE FUNCTION free_hands(of_node smallint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  freed bigint;
BEGIN
  -- What is set aside has the owner -1, and the node that has parted from number 1 is -1 too; it has nothing in hand.
  UPDATE queue SET owner = 0, possible_duplicate = true WHERE owner = of_node AND owner > 0;
  GET DIAGNOSTICS freed = ROW_COUNT;
  UPDATE notice SET owner = 0 WHERE owner = of_node AND owner > 0;
  RETURN freed;
END $$;

-- Takes the number that is wished for, from whoever has it, or else the first that no node has, for so many milliseconds;
-- NULL when there is none. Who is only late, as all are when the database was away, keeps its number. Whoever had the number
-- may not know yet that it is another's: for so many milliseconds after its last beat its binds are nobody else's, and it is
-- kept under the number's negative.
CREATE FUNCTION join_nodes(wished smallint, life bigint, parting bigint) RETURNS smallint LANGUAGE plpgsql AS $$
DECLARE
  this smallint;
BEGIN
  PERFORM pg_advisory_xact_lock(7887001, 3);
  SELECT n INTO this FROM generate_series(1, 255) n
   WHERE n = wished OR wished IS NULL AND NOT EXISTS (SELECT FROM node WHERE number = n) ORDER BY n LIMIT 1;
  IF this IS NULL THEN
    RETURN NULL;
  END IF;
  DELETE FROM lease WHERE lease.node = this AND name NOT LIKE 'bind/%';
  UPDATE lease SET node = -this WHERE lease.node = this;
  DELETE FROM node WHERE number = -this;
  UPDATE node SET number = -this, until = least(until, beaten + parting) WHERE number = this;
  INSERT INTO node VALUES (this, clock_ms(), clock_ms(), clock_ms(), clock_ms(), clock_ms() + life, '', '', '{}', '{}', '{}', '{}', '{}', '{}', 0);
  RETURN this;
END $$;

-- Lives on for so many milliseconds, unless another process has taken its number, and tells which life it is. A node that
-- others took for dead begins another one, with nothing in hand: what it had is in the queue. One that was only late, as
-- all are when the database was away, goes on as before.
CREATE FUNCTION beat(this smallint, in_epoch bigint, span bigint, its_address text, its_version text, it_serves bigint[], is_up bigint[],
                     its_demand_of bigint[], its_demand double precision[],
                     its_sessions_of bigint[], its_sessions bigint[], its_consent bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  this_life bigint;
  is_steady bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM batch WHERE batch.node = this AND epoch = in_epoch) THEN
    RAISE EXCEPTION 'another process has opened the store as node %', this USING ERRCODE = 'PR001';
  END IF;
  SELECT life, CASE WHEN until > clock_ms() THEN steady ELSE clock_ms() END INTO this_life, is_steady
    FROM node WHERE number = this FOR UPDATE;
  IF this_life IS NULL THEN
    PERFORM free_hands(this);
    this_life := clock_ms();
    is_steady := clock_ms();
  END IF;
  INSERT INTO node VALUES (this, this_life, is_steady, clock_ms(), clock_ms(), clock_ms() + span, its_address, its_version, it_serves, is_up,
                           its_demand_of, its_demand, its_sessions_of, its_sessions, its_consent)
  ON CONFLICT (number) DO UPDATE SET
    life = this_life, steady = is_steady, beaten = clock_ms(), until = clock_ms() + span, address = its_address, version = its_version, serves = it_serves, up = is_up,
    demand_of = its_demand_of, demand = its_demand, sessions_of = its_sessions_of, sessions = its_sessions, consent = its_consent;
  RETURN this_life;
END $$;

-- Leaves the others, unless another process has taken its number: whatever it held is free.
CREATE FUNCTION leave_nodes(this smallint, in_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7887001, 3);
  IF EXISTS (SELECT FROM batch WHERE batch.node = this AND epoch = in_epoch) THEN
    DELETE FROM lease WHERE lease.node = this;
    DELETE FROM node WHERE number = this;
  END IF;
END $$;

-- Takes those leases that nobody living holds; what of them is this node's now.
CREATE FUNCTION hold_leases(this smallint, wanted text[]) RETURNS SETOF text LANGUAGE sql VOLATILE AS $$
  INSERT INTO lease (name, node, since)
  SELECT w.name, this, clock_ms() FROM unnest(wanted) AS w (name) WHERE is_living(this) ORDER BY w.name
  ON CONFLICT (name) DO UPDATE SET node = excluded.node, since = excluded.since
   WHERE lease.node = excluded.node OR NOT is_living(lease.node)
  RETURNING name
$$;

-- Forgets the dead, and returns to the queue what they had in hand: how many messages.
CREATE FUNCTION rescue_hands() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  dead smallint;
  rescued bigint := 0;
BEGIN
  FOR dead IN SELECT number FROM node WHERE until <= clock_ms() FOR UPDATE SKIP LOCKED LOOP
    rescued := rescued + free_hands(dead);
    DELETE FROM lease WHERE lease.node = dead;
    DELETE FROM node WHERE number = dead;
  END LOOP;
  RETURN rescued;
END $$;

-- The same by a node that was not late itself for so many milliseconds: the database may have been away, and then others
-- are to have as long as it had.
CREATE FUNCTION rescue_by(this smallint, span bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM node WHERE number = this AND steady + span <= clock_ms()) THEN
    RETURN rescue_hands();
  END IF;
  RETURN 0;
END $$;

-- The nodes, in words.
CREATE VIEW node_log AS
SELECT n.number, n.address, n.version,
       to_timestamp(n.since / 1000.0) AS since,
       to_timestamp(n.beaten / 1000.0) AS beaten_at,
       n.until > clock_ms() AS lives,
       array(SELECT l.name FROM lease l WHERE l.node = n.number ORDER BY l.name) AS holds
  FROM node n WHERE n.number > 0;
