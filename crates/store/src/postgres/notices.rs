//! Notices that are to be told. Their contents come from the message and its outcome.

use super::error::Error;
use super::link::Link;
use super::rows::{
    self, AFTER_MESSAGE, AFTER_OUTCOME, MESSAGE, OUTCOME, count, key, limit, time, with_message, with_outcome,
};
use super::told::lane;
use postrider_core::account::AccountId;
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use tokio_postgres::Row;

/// The statement that finds notices. Nothing is taken: a lane is told by the node that holds it.
pub(super) fn query() -> String {
    format!(
        "WITH due AS MATERIALIZED (SELECT n.message, n.due, n.failed FROM notice n \
         WHERE n.sessions_of = $1::bigint AND n.message > $2::bigint AND n.due <= $3::bigint \
         ORDER BY n.message LIMIT $4::bigint) \
         SELECT {MESSAGE}, {OUTCOME}, n.failed, n.due FROM due n {} {} ORDER BY n.message",
        with_message("n.message"),
        with_outcome("n.message")
    )
}

/// Notices that are due, in the order of message ids.
pub(super) async fn due(
    link: &Link,
    sessions_of: Option<AccountId>,
    after: Option<MessageId>,
    most: usize,
    now: Time,
) -> Result<Vec<Notice>, Error> {
    let after = after.map_or(-1, key);
    let rows = link.query(&query(), &[&lane(sessions_of), &after, &now.0, &limit(most)]).await?;
    rows.iter().map(notice).collect()
}

fn notice(row: &Row) -> Result<Notice, Error> {
    let outcome = rows::outcome(row, AFTER_MESSAGE)?;
    Ok(Notice {
        message: rows::message(row)?,
        outcome: outcome
            .ok_or_else(|| Error::Damaged("a notice is of a message that has not ended".into()))?,
        failed: count(row, AFTER_OUTCOME)?,
        due: time(row, AFTER_OUTCOME + 1)?,
    })
}
