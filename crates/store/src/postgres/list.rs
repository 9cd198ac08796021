//! Lists of messages, the newest first. The work is bounded: what has no index is looked for among so many
//! messages and no more, and not for longer than a query of a person's may take. Blocks of messages whose filters rule it out are
//! passed over.

mod query;

pub(super) use query::{bound, query};

use super::days::Days;
use super::error::Error;
use super::find;
use super::link::{Link, Value};
use super::rows::{Cells, code, key, limit, text};
use super::search;
use crate::limits::LIST_MAX;
use crate::rebuild::state;
use crate::table::{Plans, Source};
use postrider_core::account::AccountId;
use postrider_core::contract::{Entry, Filter, Page};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::time::Time;
use std::sync::Arc;

/// The messages that meet all of the filter's conditions.
pub(super) async fn list(link: &Link, filter: &Filter) -> Result<Page, Error> {
    let (first, end) = bounds(filter.since, filter.until, filter.before);
    let account = filter.viewer.account().map(|account| i64::from(account.0));
    let to = filter.to.map(|to| to.digits().cast_signed());
    let reference = filter.reference.as_deref().map(text);
    let ended = filter.state.filter(|state| state.is_final()).map(code);
    let most = filter.limit.min(LIST_MAX);
    let sender = filter.sender.as_ref().map(ToString::to_string);
    let upstream = filter.upstream.map(|upstream| i64::from(upstream.0));
    let carrier_reference = filter.carrier_reference.as_deref().map(text);
    let error = filter.error.as_deref().map(text);
    let held_by = filter.held_by.as_deref().map(text);
    let (query, bound) = (query(filter), bound(filter));
    let mut plans = Plans::default();
    let (mut entries, mut seen, mut last, mut next) = (Vec::new(), 0, None, None);
    for (from, before) in search::stretches(link, filter, first, end).await? {
        // One more than wanted shows whether there is another page.
        let wanted = limit(most + 1 - seen);
        let values: [Value<'_>; 12] = [
            &from,
            &before,
            &account,
            &to,
            &reference,
            &ended,
            &wanted,
            &sender,
            &upstream,
            &carrier_reference,
            &error,
            &held_by,
        ];
        let rows = link.query(&query, &values).await?;
        for row in rows.iter().take(most - seen) {
            last = Some(row.try_get(0)?);
            entries.extend(shown(entry(&mut Cells::from(row, 0, &mut plans)), row.try_get(0)?)?);
        }
        seen += rows.len();
        if seen > most {
            next = last;
            break;
        }
        // The rest of what may be looked through at once had nothing more.
        if let Some(row) = link.query(&bound, &[&from, &before, &account]).await?.first() {
            let bound = row.try_get(0)?;
            // What was found elsewhere behind it is found again on the next page.
            entries.retain(|entry: &Entry| key(entry.message.id) >= bound);
            next = Some(bound);
            break;
        }
    }
    Ok(Page { entries, next: next.map(|id| MessageId::from_number(id.cast_unsigned())) })
}

fn entry(row: &mut Cells<'_>) -> Result<Entry, Error> {
    let (message, outcome) = (row.message()?, row.outcome()?);
    let state = state(outcome.as_ref().map(|outcome| outcome.state), !row.is_null());
    row.skip(1);
    Ok(Entry { message, state, outcome, possible_duplicate: row.read("possible_duplicate")? })
}

/// A list's line, if it can be read.
pub(super) fn shown<T>(read: Result<T, Error>, message: i64) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Damaged(why)) => {
            tracing::warn!(message, %why, "a message can't be read and is left out of a list");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The account's messages with these identifiers, as far as they are known.
pub(super) async fn messages(
    link: &Link,
    account: AccountId,
    messages: &[MessageId],
) -> Result<Vec<Arc<Message>>, Error> {
    let ids: Vec<i64> = messages.iter().map(|message| key(*message)).collect();
    let Some(days) = Days::of(&ids) else { return Ok(Vec::new()) };
    let mut plans = Plans::default();
    let mut found = Vec::new();
    for row in link.query(&find::messages(days), &[&ids]).await? {
        let mut cells = Cells::from(&row, 1, &mut plans);
        if !cells.is_null() {
            found.extend(shown(cells.message(), row.try_get(0)?)?);
        }
    }
    found.retain(|message| message.account == account);
    Ok(found)
}

/// The ids between which the list's messages lie: from the first, and before the second.
pub(super) fn bounds(since: Option<Time>, until: Option<Time>, before: Option<MessageId>) -> (i64, i64) {
    let from = since.map_or(0, |since| key(MessageId::first_at(since)));
    let until = until.map_or(i64::MAX, |until| key(MessageId::first_at(until)));
    let before = before.map_or(i64::MAX, key);
    (from, until.min(before))
}
