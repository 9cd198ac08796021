//! Notices that were told, or are to be told again.

use super::error::Error;
use super::link::{Call, Transaction, Value};
use super::rows::{key, text};
use super::writer::Work;
use postrider_core::account::AccountId;
use postrider_core::contract::Told;
use std::borrow::Cow;

/// `notice.sessions_of` of what is told by webhook.
const BY_WEBHOOK: i64 = -1;

/// What came of telling notices of one lane.
pub(super) struct Telling {
    /// The account whose sessions were told, or none for webhooks.
    pub(super) sessions_of: Option<AccountId>,
    /// What came of each.
    pub(super) told: Vec<Told>,
}

/// A lane as `notice.sessions_of` has it.
pub(super) fn lane(sessions_of: Option<AccountId>) -> i64 {
    sessions_of.map_or(BY_WEBHOOK, |account| i64::from(account.0))
}

/// Each is looked up by itself, see [`super::rows::with_message`].
pub(super) const DONE: &str = "DELETE FROM notice n USING unnest($1::bigint[], $2::bigint[]) \
     AS t (sessions_of, message), LATERAL (SELECT x.ctid AS place FROM notice x \
     WHERE x.sessions_of = t.sessions_of AND x.message = t.message OFFSET 0) x WHERE n.ctid = x.place";
pub(super) const AGAIN: &str = "UPDATE notice n SET due = t.due, failed = t.failed, owner = 0 \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[]) AS t (sessions_of, message, due, failed), \
     LATERAL (SELECT x.ctid AS place FROM notice x WHERE x.sessions_of = t.sessions_of AND x.message = t.message \
     OFFSET 0) x WHERE n.ctid = x.place";
const ATTEMPT: &str = "INSERT INTO attempt (message, at, result) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT DO NOTHING";

#[derive(Default)]
struct Rows<'t> {
    done: (Vec<i64>, Vec<i64>),
    again: (Vec<i64>, Vec<i64>, Vec<i64>, Vec<i32>),
    attempt: (Vec<i64>, Vec<i64>, Vec<Cow<'t, str>>),
}

impl<'t> Rows<'t> {
    fn push(&mut self, lane: i64, told: &'t Told) {
        let message = key(told.message);
        match told.again {
            None => {
                self.done.0.push(lane);
                self.done.1.push(message);
            }
            Some(due) => {
                self.again.0.push(lane);
                self.again.1.push(message);
                self.again.2.push(due.0);
                self.again.3.push(told.failed.into());
            }
        }
        if let Some(attempt) = &told.attempt {
            self.attempt.0.push(message);
            self.attempt.1.push(attempt.at.0);
            self.attempt.2.push(text(&attempt.result));
        }
    }

    fn calls(&self) -> Vec<Call<'_>> {
        let (done, again, attempt) = (&self.done, &self.again, &self.attempt);
        let mut calls = Vec::new();
        if !again.0.is_empty() {
            let values: [Value<'_>; 4] = [&again.0, &again.1, &again.2, &again.3];
            calls.push(Call::new(AGAIN, values));
        }
        if !done.0.is_empty() {
            let values: [Value<'_>; 2] = [&done.0, &done.1];
            calls.push(Call::new(DONE, values));
        }
        if !attempt.0.is_empty() {
            let values: [Value<'_>; 3] = [&attempt.0, &attempt.1, &attempt.2];
            calls.push(Call::new(ATTEMPT, values));
        }
        calls
    }
}

impl Work for Telling {
    type Answer = ();
    const LANE: i16 = 2;

    fn rows(&self) -> usize {
        self.told.len()
    }

    fn foregone(batch: &[&Self]) -> Option<Vec<()>> {
        Some(vec![(); batch.len()])
    }

    async fn run(batch: &[&Self], transaction: &mut Transaction<'_>) -> Result<Vec<()>, Error> {
        let mut rows = Rows::default();
        for telling in batch {
            let lane = lane(telling.sessions_of);
            telling.told.iter().for_each(|told| rows.push(lane, told));
        }
        transaction.all(&rows.calls()).await?;
        Ok(vec![(); batch.len()])
    }
}
