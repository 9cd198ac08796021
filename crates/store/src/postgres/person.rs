//! What is kept of a person, found by number and erased. There is no index of numbers: it is walked over all messages, so
//! many at once.

use super::chores::{forget_messages, forget_received};
use super::error::Error;
use super::link::{Link, Value};
use super::rows::{id, key, limit, narrow};
use super::search::FORGET;
use crate::limits::{LIST_MAX, SCAN_MAX};
use crate::person::{account, deletes, spellings, table};
use postrider_core::contract::{PersonFound, PersonSearch};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;

/// Messages of a person, behind a place.
pub(super) async fn find(link: &Link, search: &PersonSearch) -> Result<PersonFound, Error> {
    let (table, is_it) = table(search.rows);
    let (after, scan) = (key(search.after), limit(SCAN_MAX));
    let stretch = format!(
        "SELECT count(*), max(id) FROM (SELECT id FROM {table} WHERE id > $1 ORDER BY id LIMIT $2) t"
    );
    let rows = link.query(&stretch, &[&after, &scan]).await?;
    let Some(row) = rows.first() else { return Ok(PersonFound::default()) };
    let (seen, last): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    let Some(last) = last else { return Ok(PersonFound::default()) };
    let sql = format!(
        "SELECT id FROM {table} WHERE id > $1 AND id <= $2 AND ($3::bigint < 0 OR account = $3) AND {} ORDER BY id LIMIT $4",
        is_it('$')
    );
    let (most, [digits, plus, zeros]) = (search.most.min(LIST_MAX), spellings(search.number));
    let (account, number, bound) =
        (account(search.viewer), search.number.digits().cast_signed(), limit(most));
    let values: [Value<'_>; 8] = [&after, &last, &account, &bound, &number, &digits, &plus, &zeros];
    let rows = link.query(&sql, &values).await?;
    let messages = rows.iter().map(|row| id(row, 0)).collect::<Result<Vec<_>, _>>()?;
    let next = match messages.last() {
        Some(last) if messages.len() == most => Some(*last),
        _ if seen == scan => u64::try_from(last).ok().map(MessageId::from_number),
        _ => None,
    };
    Ok(PersonFound { messages, next })
}

/// Erases messages that have ended, and messages from handsets.
pub(super) async fn erase(
    link: &Link,
    messages: &[MessageId],
    received: &[MessageId],
) -> Result<usize, Error> {
    let keys = |messages: &[MessageId]| messages.iter().map(|message| key(*message)).collect::<Vec<i64>>();
    let (messages, received) = (keys(messages), keys(received));
    let rows = link.query("SELECT id FROM outcome WHERE id = ANY($1)", &[&messages]).await?;
    let ended = rows.iter().map(|row| narrow(row, 0)).collect::<Result<Vec<i64>, _>>()?;
    let count = limit(received.len());
    link.script("BEGIN").await?;
    forget_messages(link, &ended).await?;
    link.execute(FORGET, &[&ended]).await?;
    let received = link.execute(&forget_received("id = ANY($1)", "$2"), &[&received, &count]).await?;
    link.script("COMMIT").await?;
    Ok(ended.len() + usize::try_from(received).unwrap_or(0))
}

/// Erases what else is kept of a number.
pub(super) async fn erase_traces(link: &Link, viewer: Viewer, number: Number) -> Result<usize, Error> {
    let (account, digits) = (account(viewer), number.digits().cast_signed());
    let parts = "DELETE FROM client_part WHERE recipient = $1 AND joined IS NOT NULL AND ($2::bigint < 0 OR account = $2)";
    let mut erased = link.execute(parts, &[&digits, &account]).await?;
    let [_, plus, _] = spellings(number);
    let states = "DELETE FROM rule_state WHERE sender = $1 AND ($2::bigint < 0 OR account = $2)";
    erased += link.execute(states, &[&plus, &account]).await?;
    let [text, plus, zeros] = spellings(number);
    for delete in deletes('$') {
        erased += link.execute(&delete, &[&text, &plus, &zeros, &account]).await?;
    }
    let counted = "DELETE FROM counted WHERE recipient = $1 AND ($2::bigint < 0 OR account = $2)";
    erased += link.execute(counted, &[&digits, &account]).await?;
    erased += link.execute(&crate::recipients::erase('$'), &[&digits, &account]).await?;
    if viewer == Viewer::Everything {
        erased += link.execute("DELETE FROM media WHERE person = $1", &[&digits]).await?;
        erased += link.execute("DELETE FROM unreached WHERE number = $1", &[&digits]).await?;
        erased += link.execute("DELETE FROM looked_up WHERE number = $1", &[&digits]).await?;
        erased += link.execute("DELETE FROM parked WHERE one = $1 OR other = $1", &[&digits]).await?;
        let parts = "DELETE FROM inbound_part WHERE from_given IN ($1, $2, $3) OR from_understood = $2";
        erased += link.execute(parts, &[&text, &plus, &zeros]).await?;
    }
    Ok(usize::try_from(erased).unwrap_or(0))
}

/// Erases what holds, and held, of a number.
pub(super) async fn erase_consents(link: &Link, viewer: Viewer, number: Number) -> Result<usize, Error> {
    let sql = "DELETE FROM consent WHERE number = $1 AND ($2::bigint < 0 OR account = $2)";
    let erased = link.execute(sql, &[&number.digits().cast_signed(), &account(viewer)]).await?;
    Ok(usize::try_from(erased).unwrap_or(0))
}

/// The key of pseudonyms, made if there is none. PostgreSQL's own randomness is strong (`gen_random_uuid`), all but six bits of it.
pub(super) async fn pseudonym_key(link: &Link) -> Result<[u8; 16], Error> {
    let sql = "INSERT INTO pseudonym_key (one, key) \
               VALUES (1, decode(replace(gen_random_uuid()::text, '-', ''), 'hex')) ON CONFLICT DO NOTHING";
    link.execute(sql, &[]).await?;
    let rows = link.query("SELECT key FROM pseudonym_key", &[]).await?;
    let octets: Option<&[u8]> = rows.first().map(|row| row.try_get(0)).transpose()?;
    let key = octets.and_then(|octets| octets.try_into().ok());
    key.ok_or_else(|| Error::Damaged("the key of pseudonyms is not 16 octets long".into()))
}
