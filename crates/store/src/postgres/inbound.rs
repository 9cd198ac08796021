//! Messages from handsets.

use super::error::Error;
use super::link::{Link, Value};
use super::list::{bounds, shown};
use super::rows::{Cells, RECEIVED, key, limit, text};
use crate::limits::{LIST_MAX, SCAN_MAX};
use crate::table::Plans;
use postrider_core::contract::InboundFilter;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::notice::Attempt;
use postrider_core::principal::Viewer;
use postrider_core::time::Time;
use std::sync::Arc;

/// The messages that meet all of the filter's conditions, the newest first.
pub(super) async fn inbound(link: &Link, filter: &InboundFilter) -> Result<Vec<Arc<Received>>, Error> {
    let (first, before) = bounds(filter.since, filter.until, filter.before);
    let account = filter.viewer.account().map(|account| i64::from(account.0));
    let (from, to) = (filter.from.as_deref().map(text), filter.to.as_deref().map(text));
    let tag = filter.tag.as_deref().map(text);
    let most = limit(filter.limit.min(LIST_MAX));
    let values: [Value<'_>; 7] = [&first, &before, &account, &from, &to, &most, &tag];
    let mut plans = Plans::default();
    let mut found = Vec::new();
    for row in link.query(&query(filter), &values).await? {
        found.extend(shown(Cells::from(&row, 0, &mut plans).received(), row.try_get(0)?)?);
    }
    Ok(found)
}

/// Candidates, newest first, and of these those that meet the filter.
fn query(filter: &InboundFilter) -> String {
    let account = match (filter.viewer, filter.unowned) {
        (Viewer::Account(_), _) => "account = $3::bigint",
        (Viewer::Everything, true) => "account IS NULL AND ($3::bigint IS NULL OR true)",
        (Viewer::Everything, false) => "($3::bigint IS NULL OR true)",
    };
    format!(
        "SELECT {RECEIVED} FROM (SELECT * FROM inbound WHERE id >= $1::bigint AND id < $2::bigint AND {account} \
         ORDER BY id DESC LIMIT {SCAN_MAX}) i \
         WHERE ($4::text IS NULL OR coalesce(i.from_understood, i.from_given) = $4::text) \
         AND ($5::text IS NULL OR coalesce(i.to_understood, i.to_given) = $5::text) \
         AND ($7::text IS NULL OR strpos(chr(10) || i.tags || chr(10), chr(10) || $7::text || chr(10)) > 0) ORDER BY i.id DESC LIMIT $6::bigint"
    )
}

/// One message, and the attempts to tell its owner.
pub(super) async fn received(
    link: &Link,
    viewer: Viewer,
    message: MessageId,
) -> Result<Option<(Arc<Received>, Vec<Attempt>)>, Error> {
    let sql = format!("SELECT {RECEIVED} FROM inbound i WHERE i.id = $1");
    let rows = link.query(&sql, &[&key(message)]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let received = Cells::from(row, 0, &mut Plans::default()).received()?;
    if !received.is_visible_to(viewer) {
        return Ok(None);
    }
    let sql = "SELECT at, result FROM attempt WHERE message = $1 ORDER BY at";
    let mut attempts = Vec::new();
    for row in link.query(sql, &[&key(message)]).await? {
        attempts.push(Attempt { at: Time(row.try_get(0)?), result: row.try_get(1)? });
    }
    Ok(Some((received, attempts)))
}
