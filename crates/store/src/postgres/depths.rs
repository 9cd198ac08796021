//! Counts of rows that wait.

use super::error::Error;
use super::link::{Call, Link};
use super::rows::{id, narrow, upstream};
use postrider_core::account::AccountId;
use postrider_core::contract::Depths;
use postrider_core::id::MessageId;
use std::collections::BTreeMap;

/// By account and upstream.
const QUEUED: &str =
    "SELECT upstream, account, count(*) FROM queue WHERE owner >= 0 GROUP BY upstream, account";
/// The smallest id is the oldest.
const OLDEST: &str = "SELECT id FROM queue WHERE owner >= 0 ORDER BY id LIMIT 1";
const COUNTS: &str = "SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM notice), \
                      (SELECT count(*) FROM parked), pg_database_size(current_database()), \
                      (SELECT count(*) FROM queue WHERE owner < 0) + (SELECT count(*) FROM notice WHERE owner < 0) \
                      + (SELECT count(*) FROM waiting WHERE damaged) + (SELECT count(*) FROM parked WHERE damaged) \
                      + (SELECT count(*) FROM client_part WHERE damaged)";
/// By account.
const COLLECTED: &str = "SELECT account, count(*) FROM client_part WHERE joined IS NULL AND NOT damaged \
                         GROUP BY account ORDER BY account";

/// Counts what waits. It walks over the working tables.
pub(super) async fn depths(link: &Link) -> Result<Depths, Error> {
    let calls = [QUEUED, OLDEST, COUNTS, COLLECTED].map(|sql| Call::new(sql, []));
    let found = link.snapshot(&calls).await?;
    let mut depths = Depths::default();
    let [queued, oldest, counts, collected] = &found[..] else { return Ok(depths) };
    let (mut upstreams, mut accounts) = (BTreeMap::new(), BTreeMap::new());
    for row in queued {
        let count: u64 = narrow(row, 2)?;
        *upstreams.entry(upstream(row, 0)?).or_default() += count;
        *accounts.entry(AccountId(narrow(row, 1)?)).or_default() += count;
    }
    depths.queued = upstreams.into_iter().collect();
    depths.queued_by_account = accounts.into_iter().collect();
    for row in collected {
        depths.collected.push((AccountId(narrow(row, 0)?), narrow(row, 1)?));
    }
    depths.oldest = oldest.first().map(|row| id(row, 0)).transpose()?.map(MessageId::time);
    for row in counts {
        depths.awaited = narrow(row, 0)?;
        depths.notices = narrow(row, 1)?;
        depths.parked = narrow(row, 2)?;
        depths.octets = narrow(row, 3)?;
        depths.damaged = narrow(row, 4)?;
    }
    Ok(depths)
}
