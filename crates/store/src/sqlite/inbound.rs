//! Messages from handsets.

use super::list::{bounds, shown};
use super::rows::{Cells, RECEIVED, key, limit, time};
use crate::limits::{LIST_MAX, SCAN_MAX};
use crate::table::Plans;
use postrider_core::contract::InboundFilter;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::notice::Attempt;
use postrider_core::principal::Viewer;
use rusqlite::{Connection, Result, params};
use std::sync::Arc;

/// The messages that meet all of the filter's conditions, the newest first.
pub(super) fn inbound(connection: &Connection, filter: &InboundFilter) -> Result<Vec<Arc<Received>>> {
    let mut statement = connection.prepare_cached(&query(filter))?;
    let (from, before) = bounds(filter.since, filter.until, filter.before);
    let account = filter.viewer.account().map_or(-1, |account| i64::from(account.0));
    let most = limit(filter.limit.min(LIST_MAX));
    let mut rows = statement.query(params![
        from,
        before,
        account,
        filter.from.as_deref(),
        filter.to.as_deref(),
        most,
        filter.tag.as_deref()
    ])?;
    let mut plans = Plans::default();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(shown(Cells::from(row, 0, &mut plans).received(), row.get(0)?)?);
    }
    Ok(found)
}

/// Candidates, newest first, and of these those that meet the filter. ?3 is always bound.
fn query(filter: &InboundFilter) -> String {
    let account = match (filter.viewer, filter.unowned) {
        (Viewer::Account(_), _) => "account = ?3",
        (Viewer::Everything, true) => "account IS NULL AND ?3 = ?3",
        (Viewer::Everything, false) => "?3 = ?3",
    };
    format!(
        "SELECT {RECEIVED} FROM (SELECT * FROM inbound WHERE id >= ?1 AND id < ?2 AND {account} \
         ORDER BY id DESC LIMIT {SCAN_MAX}) i \
         WHERE (?4 IS NULL OR coalesce(i.from_understood, i.from_given) = ?4) \
         AND (?5 IS NULL OR coalesce(i.to_understood, i.to_given) = ?5) \
         AND (?7 IS NULL OR instr(char(10) || i.tags || char(10), char(10) || ?7 || char(10)) > 0) \
         ORDER BY i.id DESC LIMIT ?6"
    )
}

/// One message, and the attempts to tell its owner.
pub(super) fn received(
    connection: &Connection,
    viewer: Viewer,
    message: MessageId,
) -> Result<Option<(Arc<Received>, Vec<Attempt>)>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {RECEIVED} FROM inbound i WHERE i.id = ?1"))?;
    let mut rows = statement.query([key(message)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let received = Cells::from(row, 0, &mut Plans::default()).received()?;
    if !received.is_visible_to(viewer) {
        return Ok(None);
    }
    let mut statement =
        connection.prepare_cached("SELECT at, result FROM attempt WHERE message = ?1 ORDER BY at")?;
    let attempts =
        statement.query_map([key(message)], |row| Ok(Attempt { at: time(row, 0)?, result: row.get(1)? }))?;
    Ok(Some((received, attempts.collect::<Result<_>>()?)))
}
