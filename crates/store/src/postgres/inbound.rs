//! Messages from handsets.

use super::error::Error;
use super::link::Link;
use super::list::shown;
use super::rows::{Cells, key, limit};
use crate::table::{Plans, Stored};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;

/// Messages from handsets, newest first, older than `before`.
pub(super) async fn inbound(
    link: &Link,
    before: Option<MessageId>,
    most: usize,
) -> Result<Vec<Received>, Error> {
    let sql =
        format!("SELECT {} FROM inbound i WHERE i.id < $1 ORDER BY i.id DESC LIMIT $2", Received::SELECTED);
    let mut plans = Plans::default();
    let mut found = Vec::new();
    for row in link.query(&sql, &[&before.map_or(i64::MAX, key), &limit(most)]).await? {
        let received = Received::read(&mut Cells::from(&row, 0, &mut plans)).map_err(Error::from);
        found.extend(shown(received, row.try_get(0)?)?);
    }
    Ok(found)
}
