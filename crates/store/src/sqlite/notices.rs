//! Notices that are to be told. Their contents come from the message and its outcome.

use super::rows::{self, AFTER_MESSAGE, AFTER_OUTCOME, MESSAGE, OUTCOME, key, limit, time};
use super::told::lane;
use postrider_core::account::AccountId;
use postrider_core::id::MessageId;
use postrider_core::notice::Notice;
use postrider_core::time::Time;
use rusqlite::{Connection, Error, Result, Row, params};

/// Notices that are due, in the order of message ids.
pub(super) fn due(
    connection: &Connection,
    sessions_of: Option<AccountId>,
    after: Option<MessageId>,
    most: usize,
    now: Time,
) -> Result<Vec<Notice>> {
    connection
        .prepare_cached(&format!(
            "SELECT {MESSAGE}, {OUTCOME}, n.failed, n.due FROM notice n CROSS JOIN message m ON m.id = n.message \
             CROSS JOIN outcome o ON o.id = n.message \
             WHERE n.sessions_of = ?1 AND n.message > ?2 AND n.due <= ?3 ORDER BY n.message LIMIT ?4"
        ))?
        .query_map(
            params![
                lane(sessions_of),
                after.map_or(-1, key),
                now.0,
                limit(most),
            ],
            notice,
        )?
        .collect()
}

fn notice(row: &Row<'_>) -> Result<Notice> {
    Ok(Notice {
        message: rows::message(row)?,
        outcome: rows::outcome(row, AFTER_MESSAGE)?.ok_or(Error::QueryReturnedNoRows)?,
        failed: row.get(AFTER_OUTCOME)?,
        due: time(row, AFTER_OUTCOME + 1)?,
    })
}
