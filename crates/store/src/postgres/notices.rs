//! Putting notices into this node's hands, and returning them. Their contents come from the message and its outcome.
//! What another node takes at the same moment is passed over, never waited for.

use super::days::Days;
use super::errand::Errand;
use super::error::Error;
use super::link::{Transaction, Value};
use super::rows::{self, AFTER_MESSAGE, AFTER_OUTCOME, MESSAGE, OUTCOME, count, key, limit, time};
use super::told::lane;
use postrider_core::account::AccountId;
use postrider_core::contract::Due;
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use tokio_postgres::Row;

/// Notices of a lane that are due.
pub(super) struct Leasing {
    /// The account whose sessions are told, or none for webhooks.
    pub(super) sessions_of: Option<AccountId>,
    /// At most so many.
    pub(super) most: usize,
    /// What is due by then.
    pub(super) now: Time,
}

/// The statement that takes notices of lane `$2` into the hands of node `$1`, and returns what is to be known of them
/// themselves. Each is looked up by itself, see [`super::rows::with_message`].
pub(super) const TAKE: &str = "WITH free AS (SELECT f.message FROM notice f \
     WHERE f.owner = 0 AND f.sessions_of = $2::bigint AND f.due <= $3::bigint \
     ORDER BY f.due, f.message LIMIT $4::bigint FOR UPDATE SKIP LOCKED), \
     own AS (UPDATE notice u SET owner = $1::smallint FROM free, \
     LATERAL (SELECT x.ctid AS place FROM notice x \
     WHERE x.sessions_of = $2::bigint AND x.message = free.message OFFSET 0) x \
     WHERE u.ctid = x.place RETURNING u.*) \
     SELECT n.message, n.failed, n.due FROM own n ORDER BY n.due, n.message";

/// The statement that reads what notices say, whose columns are arrays, in the same order. It is one by itself for the
/// reason that [`super::lease::messages`] is.
pub(super) fn contents(days: Days) -> String {
    format!(
        "SELECT {MESSAGE}, {OUTCOME}, n.failed, n.due FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) \
         WITH ORDINALITY AS n (message, failed, due, place) \
         JOIN LATERAL (SELECT * FROM message WHERE message.id = n.message AND {} OFFSET 0) m ON true \
         LEFT JOIN LATERAL (SELECT * FROM outcome WHERE outcome.id = n.message AND {} OFFSET 0) o ON true \
         ORDER BY n.place",
        days.hold("message.id"),
        days.hold("outcome.id")
    )
}

/// When the next one of lane `$1` is due that nobody has in hand.
pub(super) const NEXT: &str =
    "SELECT n.due FROM notice n WHERE n.owner = 0 AND n.sessions_of = $1::bigint ORDER BY n.due LIMIT 1";

impl Errand for Leasing {
    type Answer = Due;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Due, Error> {
        let (node, lane) = (transaction.node(), lane(self.sessions_of));
        let rows = transaction.query(TAKE, &[&node, &lane, &self.now.0, &limit(self.most)]).await?;
        let notices = read(transaction, &rows).await?;
        let next = if notices.len() < self.most {
            let rows = transaction.query(NEXT, &[&lane]).await?;
            rows.first().map(|row| time(row, 0)).transpose()?
        } else {
            None
        };
        if notices.is_empty() {
            transaction.nothing();
        }
        Ok(Due { notices, next })
    }
}

/// Notices to be returned untold.
pub(super) struct Releasing {
    /// The account whose sessions are told, or none for webhooks.
    pub(super) sessions_of: Option<AccountId>,
    /// Which ones.
    pub(super) messages: Vec<MessageId>,
}

impl Errand for Releasing {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let messages: Vec<i64> = self.messages.iter().map(|message| key(*message)).collect();
        let (node, lane) = (transaction.node(), lane(self.sessions_of));
        transaction
            .execute(
                "UPDATE notice SET owner = 0 WHERE sessions_of = $1 AND message = ANY($2) AND owner = $3",
                &[&lane, &messages, &node],
            )
            .await?;
        Ok(())
    }
}

/// The notices that rows of [`TAKE`] are about.
async fn read(transaction: &mut Transaction<'_>, taken: &[Row]) -> Result<Vec<Notice>, Error> {
    let (mut messages, mut failed, mut due) = (Vec::new(), Vec::<i32>::new(), Vec::<i64>::new());
    for row in taken {
        messages.push(row.try_get(0)?);
        failed.push(row.try_get(1)?);
        due.push(row.try_get(2)?);
    }
    let Some(days) = Days::of(&messages) else { return Ok(Vec::new()) };
    let values: [Value<'_>; 3] = [&messages, &failed, &due];
    transaction.query(&contents(days), &values).await?.iter().map(notice).collect()
}

fn notice(row: &Row) -> Result<Notice, Error> {
    let outcome = rows::outcome(row, AFTER_MESSAGE)?;
    Ok(Notice {
        message: rows::message(row)?,
        outcome: outcome
            .ok_or_else(|| Error::Damaged("a notice is of a message that has not ended".into()))?,
        failed: count(row, AFTER_OUTCOME)?,
        due: time(row, AFTER_OUTCOME + 1)?,
        owned: true,
    })
}
