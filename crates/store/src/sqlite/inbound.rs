//! Messages from handsets.

use super::list::shown;
use super::rows::{Cells, key, limit};
use crate::table::{Plans, Stored};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use rusqlite::{Connection, Result, params};

/// Messages from handsets, newest first, older than `before`.
pub(super) fn inbound(
    connection: &Connection,
    before: Option<MessageId>,
    most: usize,
) -> Result<Vec<Received>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM inbound i WHERE i.id < ?1 ORDER BY i.id DESC LIMIT ?2",
        Received::SELECTED
    ))?;
    let mut rows = statement.query(params![before.map_or(i64::MAX, key), limit(most)])?;
    let mut plans = Plans::default();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let received = Received::read(&mut Cells::from(row, 0, &mut plans)).map_err(Into::into);
        found.extend(shown(received, row.get(0)?)?);
    }
    Ok(found)
}
