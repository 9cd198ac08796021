//! Records: steps of deliveries become rows, as the core's state machine says. Which steps go together is decided in
//! [`super::steps`].

use super::consent::Runs;
use super::conversations::{self, Opened};
use super::error::Error;
use super::events::{self, Pages};
use super::hands::{ENDED, aftermath, leave, put, verdict};
use super::inbound_parts;
use super::link::{Call, Link, Transaction, Value};
use super::money::{Moved, Settled, Taken, charges, settle};
use super::parking::Turn;
use super::retention::EndedTexts;
use super::rows::{Arrays, arrays, insert, key};
use super::steps::{Leaves, Notices, Outcomes, Verdicts, Wave, waves};
use super::writer::Work;
use crate::event_page::EventPage;
use crate::table::{Stored, joined, names};
use postrider_core::contract::{Record, Recorded};
use postrider_core::delivery::Outcome;
use postrider_core::inbound::Received;
use std::sync::Arc;

/// A record, to be written whole or not at all, and its page of the stream of events.
pub(super) struct Recording(pub(super) Arc<Record>, pub(super) EventPage);

impl Work for Recording {
    type Answer = Recorded;
    const LANE: i16 = 1;

    fn rows(&self) -> usize {
        self.0.changes.len()
            + self.0.parked.len()
            + self.0.unparked.len()
            + self.0.inbound.len()
            + self.0.parts.len()
            + self.0.consent.len()
            + self.0.notices.len()
    }

    fn messages(&self) -> Vec<i64> {
        self.0.changes.iter().map(|change| key(change.message)).collect()
    }

    fn is(&self, asked_before: &Self) -> bool {
        Arc::ptr_eq(&self.0, &asked_before.0)
    }

    /// Certain unless the statements turn out to have met what other nodes did, or their answer is lost; then the store is
    /// asked what became of the batch.
    fn foregone(batch: &[&Self]) -> Option<Vec<Recorded>> {
        Some(vec![Recorded::default(); batch.len()])
    }

    async fn review(batch: &[&Self], link: &Link, node: i16) -> Result<Option<Vec<Recorded>>, Error> {
        Ok(Some(vec![aftermath(link, node, batch).await?; batch.len()]))
    }

    async fn run(batch: &[&Self], transaction: &mut Transaction<'_>) -> Result<Vec<Recorded>, Error> {
        let waves = waves(batch.iter().flat_map(|recording| &recording.0.changes));
        let charged = charges(batch.iter().flat_map(|recording| &recording.0.inbound).map(|it| &**it));
        let taken = Taken::of(batch.iter().flat_map(|recording| &recording.0.changes), &charged);
        let charged = Moved::of(&charged);
        let turns = Turn::of(batch);
        let node = transaction.node();
        let (mut calls, mut expected) = (Vec::new(), Vec::new());
        taken.calls(&mut calls);
        waves.iter().for_each(|wave| wave.calls(&node, &mut calls, &mut expected));
        turns.iter().for_each(|turn| turn.calls(&mut calls));
        let inbound = inbound(batch);
        if inbound.values().next().is_some() {
            let sql = format!("{} ON CONFLICT DO NOTHING", insert::<Received>("inbound"));
            calls.push(Call::new(sql, inbound.values().collect::<Vec<_>>()));
        }
        charged.calls(&mut calls);
        let mut parts = Arrays::default();
        batch.iter().flat_map(|recording| &recording.0.parts).for_each(|part| parts.push(part));
        if parts.values().next().is_some() {
            calls.push(Call::new(inbound_parts::keep(), parts.values().collect::<Vec<_>>()));
        }
        let consent =
            Runs::of(batch.iter().flat_map(|recording| &recording.0.consent).map(|change| &**change));
        consent.calls(&mut calls);
        let mut notices = Notices::default();
        batch.iter().flat_map(|recording| &recording.0.notices).for_each(|notice| notices.push(notice));
        if !notices.id.is_empty() {
            calls.push(Call::new(format!("{} ON CONFLICT DO NOTHING", notify(1)), notices.values(&node)));
        }
        let opened: Opened =
            batch.iter().flat_map(|recording| &recording.0.inbound).map(|received| &**received).collect();
        let opened = opened.rows();
        calls.extend(conversations::call(&opened));
        let redacted = EndedTexts::of(batch.iter().flat_map(|recording| &recording.0.redacted));
        redacted.calls(&mut calls);
        let pages: Pages<'_> = batch.iter().map(|recording| &recording.1).collect();
        calls.extend(pages.call());
        let changed = transaction.all(&calls).await?;
        let is_usual = expected.iter().all(|expected| changed[expected.call] == expected.rows as u64);
        let recorded = if is_usual {
            Recorded::default()
        } else {
            for recording in batch {
                events::correct(transaction.link(), recording).await?;
            }
            aftermath(transaction.link(), node, batch).await?
        };
        Ok(vec![recorded; batch.len()])
    }
}

/// The rows that a statement returns or changes unless another node has a message in hand, or has ended it.
struct Expected {
    /// The statement's place.
    call: usize,
    rows: usize,
}

/// The messages from handsets of a batch.
fn inbound<'r>(batch: &[&'r Recording]) -> Arrays<'r> {
    let mut inbound = Arrays::default();
    for recording in batch {
        recording.0.inbound.iter().for_each(|received| inbound.push(&**received));
    }
    inbound
}

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
/// The statement that ends messages, with their notices. A message that had ended before has had its notice. It returns a row if
/// there is one. `IS TRUE` keeps
/// the planner from making a join of what it looks up in a hash otherwise, and its joins are loops here.
/// With `is_settled` it also does to balances what the ends do.
pub(super) fn end(is_settled: bool) -> String {
    let notice = Outcome::COLUMNS.len() + 3;
    let settled = if is_settled { format!(", {}", settle(notice + 7)) } else { String::new() };
    format!(
        "WITH ended AS ({} ON CONFLICT DO NOTHING RETURNING id), \
         told AS ({} WHERE (n.id IN (SELECT id FROM ended)) IS TRUE ON CONFLICT DO NOTHING){settled} \
         SELECT count(*) FROM ended HAVING count(*) <> cardinality($1)",
        outcomes("$1", 2),
        notify(notice)
    )
}

/// The statement that writes outcomes of messages `ids`, the first of whose other values has place `first`. An end in whose
/// batch there was a step before may be unmarked for want of knowing what became of that step: `waiting` knows.
pub(super) fn outcomes(ids: &str, first: usize) -> String {
    let columns = Outcome::COLUMNS;
    let doubtful = first + columns.len();
    let selected = columns.iter().map(|column| match column.name {
        "possible_duplicate" => "o.possible_duplicate OR o.doubtful AND (SELECT true FROM waiting w \
             WHERE w.message = o.id AND w.possible_duplicate LIMIT 1) IS TRUE"
            .to_owned(),
        name => format!("o.{name}"),
    });
    format!(
        "INSERT INTO outcome (id, {names}) SELECT o.id, {} \
         FROM unnest({ids}::bigint[], {}, ${doubtful}::boolean[]) AS o (id, {names}, doubtful)",
        joined(selected),
        arrays(columns, first),
        names = names(columns)
    )
}

/// The statement that keeps notices, whose first value has place `first`.
pub(super) fn notify(first: usize) -> String {
    let [lane, id, what, due, failed, owned, node] = std::array::from_fn(|place| first + place);
    format!(
        "INSERT INTO notice (lane, id, what, due, failed, owner) \
         SELECT n.lane, n.id, n.what, n.due, n.failed, CASE WHEN n.owned THEN ${node}::smallint ELSE 0 END \
         FROM unnest(${lane}::bigint[], ${id}::bigint[], ${what}::smallint[], ${due}::bigint[], ${failed}::integer[], \
         ${owned}::boolean[]) AS n (lane, id, what, due, failed, owned)"
    )
}

/// The statement that keeps remarks.
pub(super) const REMARK: &str = "INSERT INTO remark (message, at, text) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING";

impl Wave<'_> {
    /// The statements that write a wave, in the order in which a single step is written, and what is expected of them.
    fn calls<'w>(&'w self, node: &'w i16, calls: &mut Vec<Call<'w>>, expected: &mut Vec<Expected>) {
        self.open.before(calls);
        self.wait(calls);
        self.place(node, calls, expected);
        self.returns.calls(calls);
        self.part(calls);
        self.endings(node, calls, expected);
        if !self.arrived.0.is_empty() {
            calls.push(Call::new(ARRIVE, [&self.arrived.0 as Value<'w>, &self.arrived.1]));
        }
        if !self.forgotten.is_empty() {
            calls.push(Call::new(FORGET, [&self.forgotten as Value<'w>]));
        }
        let remark = &self.remark;
        if !remark.message.is_empty() {
            calls.push(Call::new(REMARK, [&remark.message as Value<'w>, &remark.at, &remark.text]));
        }
        self.open.after(calls);
    }

    /// The statements that wait for receipts.
    fn wait<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
        let waiting = &self.waiting;
        if !waiting.message.is_empty() {
            let names: Vec<Value<'w>> =
                vec![&waiting.upstream, &waiting.reference, &waiting.message, &waiting.part];
            let rest: [Value<'w>; 4] =
                [&waiting.parts, &waiting.sent_at, &waiting.possible_duplicate, &waiting.given];
            calls.push(Call::new(RENAME, names.clone()));
            calls.push(Call::new(WAIT, names.into_iter().chain(rest).collect::<Vec<_>>()));
        }
        if !self.marked.is_empty() {
            calls.push(Call::new(MARK, [&self.marked as Value<'w>]));
        }
    }

    /// The statements that change places in the queue. They come when receipts are waited for, which they mark where another
    /// node has a message.
    fn place<'w>(&'w self, node: &'w i16, calls: &mut Vec<Call<'w>>, expected: &mut Vec<Expected>) {
        if !self.ended.is_empty() {
            calls.push(Call::new(ENDED, [&self.ended as Value<'w>]));
        }
        let Leaves { message, marked } = &self.leave;
        if !message.is_empty() {
            expected.push(Expected { call: calls.len(), rows: 0 });
            calls.push(Call::new(leave(), [message as Value<'w>, node, marked]));
        }
        let put = &self.put;
        if !put.message.is_empty() {
            expected.push(Expected { call: calls.len(), rows: 0 });
            let values: [Value<'w>; 7] = [
                &put.message,
                node,
                &put.upstream,
                &put.due,
                &put.failed,
                &put.taken,
                &put.possible_duplicate,
            ];
            calls.push(Call::new(self::put(), values));
        }
    }

    /// The statement that keeps the ends of parts.
    fn part<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
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
        if !part.message.is_empty() {
            calls.push(Call::new(PART, values));
        }
    }

    /// The statements that end messages, and that keep notices of none that ends here.
    fn endings<'w>(&'w self, node: &'w i16, calls: &mut Vec<Call<'w>>, expected: &mut Vec<Expected>) {
        let Verdicts { leave, forgotten, outcome, notice, settled } = &self.verdict;
        if !outcome.message.is_empty() {
            expected.push(Expected { call: calls.len(), rows: outcome.message.len() });
            let first: Vec<Value<'w>> = vec![&leave.message, node, &leave.marked, forgotten];
            let values = outcome.behind(first).chain(notice.values(node));
            calls.push(statement(verdict, values.collect(), settled));
        }
        if !self.outcome.message.is_empty() {
            expected.push(Expected { call: calls.len(), rows: 0 });
            let first: Vec<Value<'w>> = vec![&self.outcome.message];
            let values = self.outcome.behind(first).chain(self.notice.values(node));
            calls.push(statement(end, values.collect(), &self.settled));
        }
        if !self.notice_alone.id.is_empty() {
            let sql = format!("{} ON CONFLICT DO NOTHING", notify(1));
            calls.push(Call::new(sql, self.notice_alone.values(node)));
        }
    }
}

/// A statement that ends messages, with what it does to balances if it does anything.
fn statement<'w>(sql: fn(bool) -> String, mut values: Vec<Value<'w>>, settled: &'w Settled) -> Call<'w> {
    if !settled.is_empty() {
        values.extend(settled.values());
    }
    Call::new(sql(!settled.is_empty()), values)
}

impl Outcomes<'_> {
    /// The values of outcomes, behind others.
    fn behind<'w>(&'w self, first: Vec<Value<'w>>) -> impl Iterator<Item = Value<'w>> {
        let doubtful: Value<'w> = &self.doubtful;
        first.into_iter().chain(self.rows.values()).chain([doubtful])
    }
}

impl Notices {
    /// The values of the statement that keeps them.
    pub(super) fn values<'w>(&'w self, node: &'w i16) -> [Value<'w>; 7] {
        [&self.lane, &self.id, &self.what, &self.due, &self.failed, &self.owned, node]
    }
}
