//! Notices that were told, or are to be told again.

use super::error::Error;
use super::link::{Call, Transaction, Value};
use super::rows::text;
use super::writer::Work;
use crate::table::Numbered;
use postrider_core::contract::Told;
use postrider_core::notice::Lane;
use std::borrow::Cow;

/// The results of telling notices of one lane.
pub(super) struct Telling {
    /// The lane.
    pub(super) lane: Lane,
    /// The result for each.
    pub(super) told: Vec<Told>,
}

/// Each is looked up by itself, see [`super::rows::with_message`].
pub(super) const DONE: &str = "DELETE FROM notice n USING unnest($1::bigint[], $2::bigint[]) \
     AS t (lane, id), LATERAL (SELECT x.ctid AS place FROM notice x \
     WHERE x.lane = t.lane AND x.id = t.id OFFSET 0) x WHERE n.ctid = x.place";
pub(super) const AGAIN: &str = "UPDATE notice n SET due = t.due, failed = t.failed, owner = 0 \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[]) AS t (lane, id, due, failed), \
     LATERAL (SELECT x.ctid AS place FROM notice x WHERE x.lane = t.lane AND x.id = t.id OFFSET 0) x WHERE n.ctid = x.place";
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
        let notice = told.notice.to_number();
        match told.again {
            None => {
                self.done.0.push(lane);
                self.done.1.push(notice);
            }
            Some(due) => {
                self.again.0.push(lane);
                self.again.1.push(notice);
                self.again.2.push(due.0);
                self.again.3.push(told.failed.into());
            }
        }
        if let Some(attempt) = &told.attempt {
            // The end of a message has the message's number.
            self.attempt.0.push(notice);
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
            let lane = telling.lane.to_number();
            telling.told.iter().for_each(|told| rows.push(lane, told));
        }
        transaction.all(&rows.calls()).await?;
        Ok(vec![(); batch.len()])
    }
}
