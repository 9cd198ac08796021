//! Messages that return to the queue, though they had left it when their carriers took them: receipts say that they weren't
//! delivered, and another upstream may.

use super::days::Days;
use super::link::{Call, Value};
use super::rows::{code, name};
use crate::table::upstream_numbers;
use postrider_core::delivery::{Change, Return};
use std::borrow::Cow;

/// Places in the queue that such messages return to.
#[derive(Default)]
pub(super) struct Returns<'c> {
    message: Vec<i64>,
    upstream: Vec<i64>,
    account: Vec<i64>,
    class: Vec<i16>,
    due: Vec<i64>,
    expires: Vec<i64>,
    failed: Vec<i32>,
    tried: Vec<String>,
    /// The upstreams that brought the receipts, and the keys of these.
    arrived: (Vec<i64>, Vec<Cow<'c, str>>),
}

/// The statement that returns messages of these days. A message whose receipt isn't waited for any more stays where it is: the
/// receipt was recorded before.
pub(super) fn statement(days: Days) -> String {
    format!(
        "WITH r AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bigint[], \
         $7::integer[], $8::text[], $9::bigint[], $10::text[]) \
         AS r (id, upstream, account, class, due, expires, failed, tried, sent_by, reference)), \
         gone AS (DELETE FROM waiting w USING r, \
         LATERAL (SELECT x.ctid AS place FROM waiting x WHERE x.upstream = r.sent_by AND x.reference = r.reference \
         OFFSET 0) x WHERE w.ctid = x.place RETURNING w.message), \
         back AS (INSERT INTO queue (id, upstream, account, class, due, expires, failed, taken, possible_duplicate, owner) \
         SELECT r.id, r.upstream, r.account, r.class, r.due, r.expires, r.failed, 0, false, 0 FROM r \
         WHERE (r.id IN (SELECT message FROM gone)) IS TRUE ON CONFLICT DO NOTHING RETURNING id), \
         parts AS (DELETE FROM part p USING back b WHERE p.message = b.id AND {}) \
         UPDATE message m SET tried = r.tried FROM r WHERE m.id = r.id AND (r.id IN (SELECT id FROM back)) IS TRUE AND {}",
        days.hold("p.message"),
        days.hold("m.id")
    )
}

impl<'c> Returns<'c> {
    /// Takes in such a step.
    pub(super) fn push(&mut self, message: i64, change: &'c Change, back: &Return) {
        let Some((sent_by, reference)) = change.arrived.first() else { return };
        self.message.push(message);
        self.upstream.push(back.upstream.0.into());
        self.account.push(back.message.account.0.into());
        self.class.push(code(back.message.class));
        self.due.push(back.due.0);
        self.expires.push(back.message.expires.0);
        self.failed.push(back.failed.into());
        self.tried.push(upstream_numbers(&back.message.tried));
        self.arrived.0.push(sent_by.0.into());
        self.arrived.1.push(name(reference));
    }

    /// The statements that write them.
    pub(super) fn calls<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
        let Some(days) = Days::of(&self.message) else { return };
        let values: [Value<'w>; 10] = [
            &self.message,
            &self.upstream,
            &self.account,
            &self.class,
            &self.due,
            &self.expires,
            &self.failed,
            &self.tried,
            &self.arrived.0,
            &self.arrived.1,
        ];
        calls.push(Call::new(statement(days), values));
    }
}
