//! Leases of notices. Their contents come from the message and its outcome, or from the message of a handset. What another node takes at the same moment is
//! passed over, never waited for.

use super::damage::{readable, set_aside};
use super::days::Days;
use super::errand::Errand;
use super::error::Error;
use super::link::{Transaction, Value};
use super::rows::{CONSENT, Cells, MESSAGE, OUTCOME, RECEIVED, limit, time};
use crate::codes;
use crate::damage::{self, Damage};
use crate::table::{Numbered, Plans, Source};
use postrider_core::contract::Due;
use postrider_core::notice::{Lane, Notice, NoticeId};
use postrider_core::time::Time;
use tokio_postgres::Row;

/// Notices of a lane that are due.
pub(super) struct Leasing {
    /// The lane.
    pub(super) lane: Lane,
    /// At most so many.
    pub(super) most: usize,
    /// Notices due by then.
    pub(super) now: Time,
}

/// The statement that takes notices of lane `$2` into the hands of node `$1`, and returns what is to be known of them
/// themselves. Each is looked up by itself, see [`super::rows::with_message`].
pub(super) const TAKE: &str = "WITH free AS (SELECT f.id FROM notice f \
     WHERE f.owner = 0 AND f.lane = $2::bigint AND f.due <= $3::bigint \
     ORDER BY f.due, f.id LIMIT $4::bigint FOR UPDATE SKIP LOCKED), \
     own AS (UPDATE notice u SET owner = $1::smallint FROM free, \
     LATERAL (SELECT x.ctid AS place FROM notice x WHERE x.lane = $2::bigint AND x.id = free.id OFFSET 0) x \
     WHERE u.ctid = x.place RETURNING u.*) \
     SELECT n.id, n.what, n.due, n.failed FROM own n ORDER BY n.due, n.id";

/// The statement that reads what notices say, whose columns are arrays, in the same order. It is one by itself for the
/// reason that [`super::lease::messages`] is.
pub(super) fn contents(days: Days) -> String {
    format!(
        "SELECT n.id, n.what, n.due, n.failed, {MESSAGE}, {OUTCOME}, {RECEIVED}, {CONSENT} \
         FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::integer[]) \
         WITH ORDINALITY AS n (id, what, due, failed, place) \
         LEFT JOIN LATERAL (SELECT * FROM message WHERE message.id = n.id AND {} OFFSET 0) m ON true \
         LEFT JOIN LATERAL (SELECT * FROM outcome WHERE outcome.id = n.id AND {} OFFSET 0) o ON true \
         LEFT JOIN LATERAL (SELECT * FROM inbound WHERE inbound.id = n.id AND n.what = {} OFFSET 0) i ON true \
         LEFT JOIN LATERAL (SELECT * FROM consent WHERE consent.id = n.id AND n.what = {} OFFSET 0) c ON true \
         ORDER BY n.place",
        days.hold("message.id"),
        days.hold("outcome.id"),
        codes::RECEIVED,
        codes::CONSENT
    )
}

/// When the next one of lane `$1` is due that nobody has in hand.
pub(super) const NEXT: &str =
    "SELECT n.due FROM notice n WHERE n.owner = 0 AND n.lane = $1::bigint ORDER BY n.due LIMIT 1";

impl Errand for Leasing {
    type Answer = Due;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Due, Error> {
        let (node, lane) = (transaction.node(), self.lane.to_number());
        let mut due = Due::default();
        while due.notices.len() < self.most {
            let most = limit(self.most - due.notices.len());
            let rows = transaction.query(TAKE, &[&node, &lane, &self.now.0, &most]).await?;
            let (notices, damage) = self.read(transaction, &rows).await?;
            due.notices.extend(notices);
            if damage.is_none() {
                break;
            }
            // Others are taken in the place of those that can't be read.
            set_aside(transaction, &damage).await?;
        }
        if due.notices.len() < self.most {
            let rows = transaction.query(NEXT, &[&lane]).await?;
            due.next = rows.first().map(|row| time(row, 0)).transpose()?;
        }
        if due.notices.is_empty() {
            transaction.nothing();
        }
        Ok(due)
    }
}

impl Leasing {
    /// The notices that rows of [`TAKE`] are about, and those that can't be read.
    async fn read(
        &self,
        transaction: &mut Transaction<'_>,
        taken: &[Row],
    ) -> Result<(Vec<Notice>, Damage), Error> {
        let (mut ids, mut what) = (Vec::new(), Vec::<i16>::new());
        let (mut due, mut failed) = (Vec::<i64>::new(), Vec::<i32>::new());
        for row in taken {
            ids.push(row.try_get(0)?);
            what.push(row.try_get(1)?);
            due.push(row.try_get(2)?);
            failed.push(row.try_get(3)?);
        }
        let (mut notices, mut damage) = (Vec::new(), Damage::default());
        let Some(days) = Days::of(&ids) else { return Ok((notices, damage)) };
        let values: [Value<'_>; 4] = [&ids, &what, &due, &failed];
        let mut plans = Plans::default();
        for row in transaction.query(&contents(days), &values).await? {
            let notice = notice(self.lane, &mut Cells::from(&row, 0, &mut plans));
            let place = || Ok(damage::Row::Notice { lane: self.lane.to_number(), id: row.try_get(0)? });
            notices.extend(readable(notice, &mut damage, place)?);
        }
        Ok((notices, damage))
    }
}

fn notice(lane: Lane, row: &mut Cells<'_>) -> Result<Notice, Error> {
    let (id, what) = (row.read("id")?, row.read::<i64>("what")?);
    let (due, failed) = (row.read("due")?, row.read("failed")?);
    Ok(Notice { id, lane, what: row.subject(what)?, failed, due, owned: true })
}

/// Notices to be returned untold.
pub(super) struct Releasing {
    /// The lane.
    pub(super) lane: Lane,
    /// Which ones.
    pub(super) notices: Vec<NoticeId>,
}

impl Errand for Releasing {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let notices: Vec<i64> = self.notices.iter().map(Numbered::to_number).collect();
        let (node, lane) = (transaction.node(), self.lane.to_number());
        transaction
            .execute(
                "UPDATE notice SET owner = 0 WHERE lane = $1 AND id = ANY($2) AND owner = $3",
                &[&lane, &notices, &node],
            )
            .await?;
        Ok(())
    }
}
