//! Records: steps of deliveries become rows, as the core's state machine says. Which steps go together is decided in
//! [`super::steps`].

use super::error::Error;
use super::link::{Call, Transaction, Value};
use super::rows::{Arrays, arrays, code, insert, key, name, text};
use super::steps::{Notices, Wave, waves};
use super::writer::Work;
use crate::limits::PARKED_MAX;
use crate::table::{Stored, names};
use postrider_core::contract::{Parked, Record};
use postrider_core::delivery::Outcome;
use postrider_core::inbound::Received;
use postrider_core::notice::NoticeId;
use postrider_core::route::UpstreamId;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio_postgres::Row;

/// A record, to be written whole or not at all.
pub(super) struct Recording(pub(super) Arc<Record>);

impl Work for Recording {
    type Answer = Vec<NoticeId>;
    const LANE: i16 = 1;

    fn rows(&self) -> usize {
        self.0.changes.len()
            + self.0.parked.len()
            + self.0.unparked.len()
            + self.0.inbound.len()
            + self.0.notices.len()
    }

    fn messages(&self) -> Vec<i64> {
        self.0.changes.iter().map(|change| key(change.message)).collect()
    }

    fn is(&self, asked_before: &Self) -> bool {
        Arc::ptr_eq(&self.0, &asked_before.0)
    }

    /// Certain enough: where the answer of the transaction is lost, a client may be told again how its message ended.
    fn foregone(batch: &[&Self]) -> Option<Vec<Vec<NoticeId>>> {
        Some(vec![Vec::new(); batch.len()])
    }

    async fn run(batch: &[&Self], transaction: &mut Transaction<'_>) -> Result<Vec<Vec<NoticeId>>, Error> {
        let waves = waves(batch.iter().flat_map(|recording| &recording.0.changes));
        let turns = Turn::of(batch);
        let node = transaction.node();
        let mut calls = Vec::new();
        let ends: Vec<Option<usize>> = waves.iter().map(|wave| wave.calls(&node, &mut calls)).collect();
        turns.iter().for_each(|turn| turn.calls(&mut calls));
        let inbound = inbound(batch);
        if inbound.values().next().is_some() {
            let sql = format!("{} ON CONFLICT DO NOTHING", insert::<Received>("inbound"));
            calls.push(Call::new(sql, inbound.values().collect::<Vec<_>>()));
        }
        let mut notices = Notices::default();
        batch.iter().flat_map(|recording| &recording.0.notices).for_each(|notice| notices.push(notice));
        if !notices.id.is_empty() {
            calls.push(Call::new(format!("{} ON CONFLICT DO NOTHING", notify(1)), notices.values(&node)));
        }
        let changed = transaction.all(&calls).await?;
        let mut dropped = Vec::new();
        for (wave, end) in waves.iter().zip(ends) {
            if end.is_some_and(|end| changed[end] < wave.notice.id.len() as u64) {
                dropped.extend(wave.notice.not_kept(transaction).await?);
            }
        }
        Ok(vec![dropped; batch.len()])
    }
}

/// The messages from handsets of a batch.
fn inbound<'r>(batch: &[&'r Recording]) -> Arrays<'r> {
    let mut inbound = Arrays::default();
    for recording in batch {
        recording.0.inbound.iter().for_each(|received| inbound.push(&**received));
    }
    inbound
}

pub(super) const LEAVE: &str = "DELETE FROM queue WHERE id = ANY($1)";
/// Only what is in this node's hands can return. Here and below each row is looked up by itself, see
/// [`super::rows::with_message`].
pub(super) const PUT: &str = "UPDATE queue q SET upstream = p.upstream, due = p.due, failed = p.failed, taken = p.taken, \
     possible_duplicate = p.possible_duplicate, owner = 0 \
     FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[], $7::boolean[]) \
     AS p (id, upstream, due, failed, taken, possible_duplicate), \
     LATERAL (SELECT x.ctid AS place FROM queue x WHERE x.id = p.id AND x.owner = $1::smallint OFFSET 0) x \
     WHERE q.ctid = x.place";
/// The carrier uses a reference again whose receipt never came. It is the newer part's now. The older part goes on waiting
/// under one that no receipt has, until it has waited long enough.
pub(super) const RENAME: &str = "UPDATE waiting w SET reference = \
     w.reference || ' (reused, ' || w.message || '.' || w.part || '.' || w.sent_at || ')' \
     FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::smallint[]) AS n (upstream, reference, message, part), \
     LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.upstream = n.upstream AND x.reference = n.reference \
     AND NOT (x.message = n.message AND x.part = n.part) OFFSET 0) x WHERE w.ctid = x.place";
pub(super) const MARK: &str = "UPDATE waiting SET possible_duplicate = true WHERE message = ANY($1)";
pub(super) const WAIT: &str = "INSERT INTO waiting (upstream, reference, message, part, parts, sent_at, possible_duplicate, given) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[], \
     $7::boolean[], $8::text[]) ON CONFLICT DO NOTHING";
/// With what `waiting` knows of a part, whose row goes with the last receipt.
pub(super) const PART: &str = "INSERT INTO part (message, part, state, error, at, reference, sent_at) \
     SELECT p.message, p.part, p.state, p.error, p.at, coalesce( \
     (SELECT w.given FROM waiting w WHERE w.upstream = p.upstream AND w.reference = p.reference), p.reference), \
     (SELECT w.sent_at FROM waiting w WHERE w.upstream = p.upstream AND w.reference = p.reference) \
     FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[]) \
     AS p (message, part, state, error, at, upstream, reference) ON CONFLICT DO NOTHING";
pub(super) const ARRIVE: &str = "DELETE FROM waiting w USING unnest($1::bigint[], $2::text[]) AS a (upstream, reference), \
     LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.upstream = a.upstream AND x.reference = a.reference \
     OFFSET 0) x WHERE w.ctid = x.place";
pub(super) const FORGET: &str = "DELETE FROM waiting WHERE message = ANY($1)";
/// The statement that ends messages, with their notices. A message that had ended before has had its notice. `IS TRUE` keeps
/// the planner from making a join of what it looks up in a hash otherwise, and its joins are loops here.
pub(super) fn end() -> String {
    let columns = Outcome::COLUMNS;
    let first = columns.len() + 2;
    format!(
        "WITH ended AS (INSERT INTO outcome (id, {}) SELECT * FROM unnest($1::bigint[], {}) \
         ON CONFLICT DO NOTHING RETURNING id) {} \
         WHERE (n.id IN (SELECT id FROM ended)) IS TRUE ON CONFLICT DO NOTHING",
        names(columns),
        arrays(columns, 2),
        notify(first)
    )
}

/// The statement that keeps notices, whose first value has place `first`.
fn notify(first: usize) -> String {
    let [lane, id, what, due, failed, owned, node] = std::array::from_fn(|place| first + place);
    format!(
        "INSERT INTO notice (lane, id, what, due, failed, owner) \
         SELECT n.lane, n.id, n.what, n.due, n.failed, CASE WHEN n.owned THEN ${node}::smallint ELSE 0 END \
         FROM unnest(${lane}::bigint[], ${id}::bigint[], ${what}::smallint[], ${due}::bigint[], ${failed}::integer[], \
         ${owned}::boolean[]) AS n (lane, id, what, due, failed, owned)"
    )
}

const REMARK: &str = "INSERT INTO remark (message, at, text) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING";

impl Wave<'_> {
    /// The statements that write a wave, in the order in which a single step is written; the place of the one that ends
    /// messages.
    fn calls<'w>(&'w self, node: &'w i16, calls: &mut Vec<Call<'w>>) -> Option<usize> {
        self.open.before(calls);
        let mut call = |rows: usize, sql: &'static str, values: Vec<Value<'w>>| {
            if rows > 0 {
                calls.push(Call::new(sql, values));
            }
        };
        call(self.leave.len(), LEAVE, vec![&self.leave]);
        let put = &self.put;
        let values: Vec<Value<'w>> = vec![
            node,
            &put.message,
            &put.upstream,
            &put.due,
            &put.failed,
            &put.taken,
            &put.possible_duplicate,
        ];
        call(put.message.len(), PUT, values);
        let waiting = &self.waiting;
        let names: Vec<Value<'w>> =
            vec![&waiting.upstream, &waiting.reference, &waiting.message, &waiting.part];
        let rest: [Value<'w>; 4] =
            [&waiting.parts, &waiting.sent_at, &waiting.possible_duplicate, &waiting.given];
        call(waiting.message.len(), RENAME, names.clone());
        call(waiting.message.len(), WAIT, names.into_iter().chain(rest).collect());
        call(self.marked.len(), MARK, vec![&self.marked]);
        let part = &self.part;
        let values: Vec<Value<'w>> = vec![
            &part.message,
            &part.part,
            &part.state,
            &part.error,
            &part.at,
            &part.upstream,
            &part.reference,
        ];
        call(part.message.len(), PART, values);
        call(self.arrived.0.len(), ARRIVE, vec![&self.arrived.0, &self.arrived.1]);
        call(self.forgotten.len(), FORGET, vec![&self.forgotten]);
        let end = self.endings(node, calls);
        let mut call = |rows: usize, sql: &'static str, values: Vec<Value<'w>>| {
            if rows > 0 {
                calls.push(Call::new(sql, values));
            }
        };
        let remark = &self.remark;
        call(remark.message.len(), REMARK, vec![&remark.message, &remark.at, &remark.text]);
        self.open.after(calls);
        end
    }

    /// The statements that end messages, and that keep notices of none that ends here; the place of the first.
    fn endings<'w>(&'w self, node: &'w i16, calls: &mut Vec<Call<'w>>) -> Option<usize> {
        let place = (!self.outcome.message.is_empty()).then_some(calls.len());
        if place.is_some() {
            let outcome =
                std::iter::once(&self.outcome.message as Value<'w>).chain(self.outcome.rows.values());
            calls.push(Call::new(end(), outcome.chain(self.notice.values(node)).collect::<Vec<_>>()));
        }
        if !self.notice_alone.id.is_empty() {
            let sql = format!("{} ON CONFLICT DO NOTHING", notify(1));
            calls.push(Call::new(sql, self.notice_alone.values(node)));
        }
        place
    }
}

/// The notices that were to be a node's and are not.
const NOT_KEPT: &str = "SELECT n.id FROM unnest($1::bigint[], $2::bigint[]) AS n (lane, id) WHERE NOT EXISTS \
     (SELECT FROM notice x WHERE x.lane = n.lane AND x.id = n.id AND x.owner = $3::smallint)";

impl Notices {
    /// Those that were to be in this node's hands and are not kept.
    async fn not_kept(&self, transaction: &mut Transaction<'_>) -> Result<Vec<NoticeId>, Error> {
        let owned =
            |of: &[i64]| of.iter().zip(&self.owned).filter(|(_, owned)| **owned).map(|(it, _)| *it).collect();
        let (lanes, ids, node): (Vec<i64>, Vec<i64>, i16) =
            (owned(&self.lane), owned(&self.id), transaction.node());
        let rows = transaction.query(NOT_KEPT, &[&lanes, &ids, &node]).await?;
        let id = |row: &Row| row.try_get(0).map(i64::cast_unsigned).map(NoticeId::from_number);
        Ok(rows.iter().map(id).collect::<Result<_, _>>()?)
    }

    fn values<'w>(&'w self, node: &'w i16) -> [Value<'w>; 7] {
        [&self.lane, &self.id, &self.what, &self.due, &self.failed, &self.owned, node]
    }
}

/// Receipts parked, and then unparked. A receipt that is parked again after that is of the next turn.
#[derive(Default)]
struct Turn<'r> {
    upstream: Vec<i64>,
    reference: Vec<Cow<'r, str>>,
    key: Vec<Cow<'r, str>>,
    one: Vec<Option<i64>>,
    other: Vec<Option<i64>>,
    also: Vec<Option<Cow<'r, str>>>,
    reported: Vec<i16>,
    error: Vec<Option<Cow<'r, str>>>,
    at: Vec<i64>,
    unparked: (Vec<i64>, Vec<Cow<'r, str>>),
}

const PARK: &str = "INSERT INTO parked (upstream, reference, reported, error, at, key, one, other, also) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], \
     $8::bigint[], $9::text[]) ON CONFLICT (upstream, reference, reported) DO UPDATE SET id = DEFAULT, error = excluded.error, \
     at = excluded.at, key = excluded.key, one = excluded.one, other = excluded.other, \
     also = excluded.also, damaged = false";
pub(super) const UNPARK: &str = "DELETE FROM parked p USING unnest($1::bigint[], $2::text[]) AS a (upstream, reference), \
     LATERAL (SELECT x.ctid AS place FROM parked x WHERE x.upstream = a.upstream AND x.reference = a.reference \
     OFFSET 0) x WHERE p.ctid = x.place";

impl<'r> Turn<'r> {
    fn of(batch: &[&'r Recording]) -> Vec<Self> {
        let mut turns = Vec::new();
        let mut parked: Vec<&'r Parked> = Vec::new();
        let mut unparked = BTreeSet::new();
        for record in batch.iter().map(|recording| &recording.0) {
            let again = |parked: &&Parked| unparked.contains(&(parked.upstream, &*parked.report.reference));
            if record.parked.iter().any(|parked| again(&parked)) {
                turns.push(Self::new(&parked, &unparked));
                (parked, unparked) = (Vec::new(), BTreeSet::new());
            }
            parked.extend(&record.parked);
            unparked.extend(record.unparked.iter().map(|(upstream, reference)| (*upstream, &**reference)));
        }
        turns.push(Self::new(&parked, &unparked));
        turns
    }

    fn new(parked: &[&'r Parked], unparked: &BTreeSet<(UpstreamId, &'r str)>) -> Self {
        let mut turn = Self::default();
        // Of what came several times the last one is kept, at the place where it came.
        let last: BTreeMap<_, usize> = parked
            .iter()
            .enumerate()
            .map(|(place, parked)| {
                ((parked.upstream.0, name(&parked.report.reference), code(parked.report.reported)), place)
            })
            .collect();
        let kept: BTreeSet<usize> = last.into_values().collect();
        for parked in kept.into_iter().map(|place| parked[place]) {
            turn.upstream.push(parked.upstream.0.into());
            let [one, other] =
                parked.report.between.map(|digits| digits.and_then(|digits| i64::try_from(digits).ok()));
            turn.reference.push(name(&parked.report.reference));
            turn.key.push(name(&parked.key));
            turn.one.push(one);
            turn.other.push(other);
            turn.also.push(parked.report.also.as_deref().map(name));
            turn.reported.push(code(parked.report.reported));
            turn.error.push(parked.report.error.as_deref().map(text));
            turn.at.push(parked.at.0);
        }
        for (upstream, reference) in unparked {
            turn.unparked.0.push(upstream.0.into());
            turn.unparked.1.push(name(reference));
        }
        turn
    }

    fn calls<'t>(&'t self, calls: &mut Vec<Call<'t>>) {
        if !self.upstream.is_empty() {
            let values: [Value<'t>; 9] = [
                &self.upstream,
                &self.reference,
                &self.reported,
                &self.error,
                &self.at,
                &self.key,
                &self.one,
                &self.other,
                &self.also,
            ];
            calls.push(Call::new(PARK, values));
            let room = format!("DELETE FROM parked WHERE id <= (SELECT max(id) FROM parked) - {PARKED_MAX}");
            calls.push(Call::new(room, []));
        }
        if !self.unparked.0.is_empty() {
            let values: [Value<'t>; 2] = [&self.unparked.0, &self.unparked.1];
            calls.push(Call::new(UNPARK, values));
        }
    }
}
