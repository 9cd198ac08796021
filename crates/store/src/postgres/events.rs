//! The stream of events.
//!
//! Pages are numbered by a sequence, and transactions of several nodes are not committed in the order in which they took
//! their numbers. A page is therefore shown when no page before it can appear any more: [`Settled`] says how far that is.

use super::days::Days;
use super::errand::Errand;
use super::error::Error;
use super::link::{Call, Link, Transaction, Value};
use super::list::shown;
use super::record::Recording;
use super::rows::{Cells, MESSAGE, OUTCOME, RECEIVED, key, limit};
use crate::event_page::{EventPage, PAGES_MAX, Selection, end_of, is_forgotten};
use crate::table::{Plans, Stored};
use postrider_core::contract::{EndedMessages, Events, EventsWanted};
use postrider_core::delivery::Change;
use postrider_core::report::EndedMessage;
use postrider_core::stream::{EventPosition, StreamEvent};
use postrider_core::time::Time;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often it is looked whether the stream has settled, for whoever begins at its end, and how long apart.
const SETTLING_TRIES: u32 = 50;
const SETTLING: Duration = Duration::from_millis(20);

/// Pages of several records, as values of a statement.
#[derive(Default)]
pub(super) struct Pages<'p> {
    at: Vec<i64>,
    octets: Vec<&'p [u8]>,
}

impl<'p> FromIterator<&'p EventPage> for Pages<'p> {
    fn from_iter<I: IntoIterator<Item = &'p EventPage>>(pages: I) -> Self {
        let mut all = Self::default();
        for page in pages.into_iter().filter(|page| !page.octets.is_empty()) {
            all.at.push(page.at.0);
            all.octets.push(&page.octets);
        }
        all
    }
}

/// The statement that writes pages.
const WRITE: &str =
    "INSERT INTO event_page (at, events) SELECT * FROM unnest($1::bigint[], $2::bytea[]) AS p (at, events)";

impl Pages<'_> {
    /// The statement that writes them, if there are any.
    pub(super) fn call(&self) -> Option<Call<'_>> {
        (!self.at.is_empty()).then(|| Call::new(WRITE, [&self.at as Value<'_>, &self.octets]))
    }
}

/// The newest page like this one, and the transaction that wrote it. Another node's page like it is older.
const PAGE: &str =
    "SELECT id, xmin::text FROM event_page WHERE at = $1 AND events = $2 ORDER BY id DESC LIMIT 1";

/// Which of messages `$1` the transaction `$2` has ended.
fn ended_by(days: Days) -> String {
    format!("SELECT o.id FROM outcome o WHERE o.id = ANY($1) AND {} AND o.xmin::text = $2", days.hold("o.id"))
}

/// Writes one page in the place of another, or of nothing.
const REPLACE: &str = "WITH gone AS (DELETE FROM event_page WHERE id = $1) \
     INSERT INTO event_page (at, events) SELECT $2::bigint, $3::bytea WHERE octet_length($3::bytea) > 0";

/// Writes the page of a record anew, if it names messages that had ended before: another node has recorded these ends, and they
/// stand in its page. The record may be committed already: until then, and if the process dies in between, both pages name them.
pub(super) async fn correct(link: &Link, Recording(record, page): &Recording) -> Result<(), Error> {
    let changes = record.changes.iter().filter(|change| change.outcome.is_some());
    let messages: Vec<i64> = changes.map(|change| key(change.message)).collect();
    let Some(days) = Days::of(&messages) else { return Ok(()) };
    let rows = link.query(PAGE, &[&page.at.0, &page.octets]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (id, transaction) = (row.try_get::<_, i64>(0)?, row.try_get::<_, &str>(1)?);
    let mut ended = HashSet::new();
    for row in link.query(&ended_by(days), &[&messages, &transaction]).await? {
        ended.insert(row.try_get::<_, i64>(0)?);
    }
    let is_again = |change: &Change| change.outcome.is_some() && !ended.remove(&key(change.message));
    let again: Vec<usize> = places_of(&record.changes, is_again);
    if !again.is_empty() {
        let page = EventPage::of_record_without(record, &again);
        link.execute(REPLACE, &[&id, &page.at.0, &page.octets]).await?;
    }
    Ok(())
}

/// The places of those changes of which this holds.
fn places_of(changes: &[Change], mut holds: impl FnMut(&Change) -> bool) -> Vec<usize> {
    changes.iter().enumerate().filter(|(_, change)| holds(change)).map(|(place, _)| place).collect()
}

/// How far the stream is settled: every transaction that could write a page before that has ended.
///
/// Who takes a number has a transaction's number by then. So once all transactions have ended that had begun when a page was
/// seen, nothing can appear before that page any more.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// The last page up to which it is.
    through: i64,
    /// The newest page that was seen at some moment, and the first transaction that had not begun then.
    pending: Option<(i64, i64)>,
}

/// The tables and transactions at one moment.
struct Moment {
    /// The oldest page, and the newest.
    pages: Option<(i64, i64)>,
    /// How many pages there are behind the last settled one, if they are few.
    behind: i64,
    /// The first transaction that has not ended, and the first one that has not begun.
    transactions: (i64, i64),
    /// The page up to which the stream is settled.
    through: i64,
}

impl Moment {
    /// Whether the stream is settled up to the newest page.
    fn is_settled(&self) -> bool {
        self.pages.is_none_or(|(_, newest)| newest <= self.through)
    }

    /// Whether events behind this place are not kept any more.
    fn has_forgotten(&self, after: EventPosition) -> bool {
        is_forgotten(
            after,
            self.pages.map(|(oldest, newest)| (oldest.cast_unsigned(), newest.cast_unsigned())),
        )
    }
}

impl Settled {
    /// Takes in what was seen; returns the page up to which the stream is settled.
    fn advance(&mut self, moment: &Moment) -> i64 {
        let (first_open, first_new) = moment.transactions;
        let Some((_, newest)) = moment.pages else { return self.through };
        if let Some((page, _)) = self.pending.take_if(|(_, needed)| *needed <= first_open) {
            self.through = self.through.max(page);
        }
        if moment.through + moment.behind == newest {
            self.through = self.through.max(newest);
        }
        if self.through >= newest {
            self.pending = None;
        } else if self.pending.is_none() {
            self.pending = Some((newest, first_new));
        }
        self.through
    }
}

/// The oldest and the newest page, pages behind page `$1`, and transactions. One statement sees one moment.
const MOMENT: &str = "SELECT (SELECT min(id) FROM event_page), (SELECT max(id) FROM event_page), \
     (SELECT count(*) FROM (SELECT FROM event_page WHERE id > $1 ORDER BY id LIMIT 1000) AS few), \
     pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() AS s";

/// Looks how far the stream has come.
async fn look(link: &Link, settled: &Mutex<Settled>) -> Result<Moment, Error> {
    let settled = || settled.lock().unwrap_or_else(PoisonError::into_inner);
    let through = settled().through;
    let rows = link.query(MOMENT, &[&through]).await?;
    let row = rows.first().ok_or_else(|| Error::Damaged("no row of a statement that has one".into()))?;
    let (oldest, newest) = (row.try_get::<_, Option<i64>>(0)?, row.try_get(1)?);
    let (pages, behind) = (oldest.zip(newest), row.try_get(2)?);
    let moment = Moment { pages, behind, transactions: (row.try_get(3)?, row.try_get(4)?), through };
    Ok(Moment { through: settled().advance(&moment), ..moment })
}

/// A stretch of the stream.
pub(super) async fn events(
    link: &Link,
    settled: &Mutex<Settled>,
    wanted: EventsWanted,
) -> Result<Events, Error> {
    let mut moment = look(link, settled).await?;
    let Some(after) = wanted.after else {
        // What is under way now may still be recorded before the newest page.
        for _ in 0..SETTLING_TRIES {
            if moment.is_settled() {
                break;
            }
            tokio::time::sleep(SETTLING).await;
            let newest = moment.pages;
            moment = Moment { pages: newest, ..look(link, settled).await? };
        }
        return Ok(Events { next: end(link, &moment).await?, ..Events::default() });
    };
    let mut selection = Selection::new(wanted, after);
    select(link, &mut selection, after, &moment).await?;
    let told = told(link, &selection).await?;
    let found = selection.finish(told, moment.has_forgotten(after));
    Ok(Events { more: found.more || !moment.is_settled(), ..found })
}

/// Messages that have ended in a stretch of the stream.
pub(super) async fn ended(
    link: &Link,
    settled: &Mutex<Settled>,
    after: EventPosition,
    most: usize,
) -> Result<EndedMessages, Error> {
    let moment = look(link, settled).await?;
    let mut selection = Selection::to_count(after, most);
    select(link, &mut selection, after, &moment).await?;
    let (messages, mut ended, mut plans) = (selection.ended(), Vec::new(), Plans::default());
    if let Some(days) = Days::of(&messages) {
        for row in link.query(&ends(EndedMessage::SELECTED, days), &[&messages]).await? {
            let read = Cells::from(&row, 1, &mut plans).ended_message();
            ended.extend(shown(read, row.try_get(0)?)?);
        }
    }
    let found = selection.finish_ended(ended, moment.has_forgotten(after));
    Ok(EndedMessages { more: found.more || !moment.is_settled(), ..found })
}

/// Selects from the pages from that of a place on, as far as the stream is settled.
async fn select(
    link: &Link,
    selection: &mut Selection,
    after: EventPosition,
    moment: &Moment,
) -> Result<(), Error> {
    let sql = "SELECT id, events FROM event_page WHERE id >= $1 AND id <= $2 ORDER BY id LIMIT $3";
    let values: [Value<'_>; 3] = [&after.page.cast_signed(), &moment.through, &limit(PAGES_MAX)];
    for row in link.query(sql, &values).await? {
        if !selection.take(row.try_get::<_, i64>(0)?.cast_unsigned(), row.try_get(1)?) {
            break;
        }
    }
    Ok(())
}

/// The place behind the last page that is settled, or else the newest one.
async fn end(link: &Link, moment: &Moment) -> Result<EventPosition, Error> {
    let Some((_, newest)) = moment.pages else { return Ok(EventPosition::START) };
    let sql = "SELECT id, events FROM event_page WHERE id <= $1 ORDER BY id DESC LIMIT 1";
    let last = if moment.through == 0 { newest } else { moment.through };
    let rows = link.query(sql, &[&last]).await?;
    let Some(row) = rows.first() else { return Ok(EventPosition::START) };
    Ok(end_of(row.try_get::<_, i64>(0)?.cast_unsigned(), row.try_get(1)?))
}

/// What is to be told of the messages of a selection.
async fn told(link: &Link, selection: &Selection) -> Result<HashMap<i64, StreamEvent>, Error> {
    let (ended, received) = selection.messages();
    let (mut told, mut plans) = (HashMap::new(), Plans::default());
    if let Some(days) = Days::of(&ended) {
        for row in link.query(&ends(MESSAGE, days), &[&ended]).await? {
            let message = row.try_get(0)?;
            let event = ended_event(&mut Cells::from(&row, 1, &mut plans));
            told.extend(shown(event, message)?.flatten().map(|event| (message, event)));
        }
    }
    if !received.is_empty() {
        for row in link.query(&handsets(), &[&received]).await? {
            let message = row.try_get(0)?;
            let event = Cells::from(&row, 1, &mut plans).received();
            told.extend(shown(event, message)?.map(|event| (message, StreamEvent::Received(event))));
        }
    }
    Ok(told)
}

fn ended_event(cells: &mut Cells<'_>) -> Result<Option<StreamEvent>, Error> {
    let message = cells.message()?;
    Ok(cells.outcome()?.map(|outcome| StreamEvent::Ended { message, outcome }))
}

/// The statement that reads these columns of messages `$1`, and their ends.
pub(super) fn ends(columns: &str, days: Days) -> String {
    format!(
        "SELECT a.id, {columns}, {OUTCOME} FROM unnest($1::bigint[]) AS a (id), \
         LATERAL (SELECT * FROM message WHERE message.id = a.id AND {} OFFSET 0) m, \
         LATERAL (SELECT * FROM outcome WHERE outcome.id = a.id AND {} OFFSET 0) o",
        days.hold("message.id"),
        days.hold("outcome.id")
    )
}

/// The statement that reads messages `$1` from handsets.
pub(super) fn handsets() -> String {
    format!(
        "SELECT a.id, {RECEIVED} FROM unnest($1::bigint[]) AS a (id), \
         LATERAL (SELECT * FROM inbound WHERE inbound.id = a.id OFFSET 0) i"
    )
}

/// Pages that are to be forgotten.
pub(super) struct Purging {
    /// Those recorded before then.
    pub(super) before: Time,
    /// At most so many.
    pub(super) most: usize,
}

impl Errand for Purging {
    type Answer = usize;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<usize, Error> {
        let sql = "DELETE FROM event_page WHERE id IN (SELECT id FROM event_page ORDER BY id LIMIT $2) \
             AND at < $1 AND id < (SELECT max(id) FROM event_page)";
        let forgotten = transaction.execute(sql, &[&self.before.0, &limit(self.most)]).await?;
        Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(settled: &mut Settled, newest: i64, behind: i64, transactions: (i64, i64)) -> i64 {
        let through = settled.through;
        settled.advance(&Moment { pages: Some((1, newest)), behind, transactions, through })
    }

    #[test]
    fn a_page_waits_for_those_before_it() {
        let mut settled = Settled::default();
        assert_eq!(seen(&mut settled, 3, 3, (10, 10)), 3);
        // Page 4 is missing: its transaction, the tenth, is under way.
        assert_eq!(seen(&mut settled, 5, 1, (10, 12)), 3);
        assert_eq!(seen(&mut settled, 6, 2, (10, 14)), 3);
        assert_eq!(seen(&mut settled, 6, 3, (11, 14)), 6);
    }

    #[test]
    fn a_page_that_was_given_up_is_passed() {
        let mut settled = Settled::default();
        assert_eq!(seen(&mut settled, 5, 4, (10, 12)), 0);
        assert_eq!(seen(&mut settled, 9, 7, (11, 15)), 0);
        assert_eq!(seen(&mut settled, 9, 7, (12, 15)), 5);
        assert_eq!(seen(&mut settled, 9, 3, (14, 15)), 5);
        assert_eq!(seen(&mut settled, 9, 3, (15, 15)), 9);
    }

    #[test]
    fn an_empty_stream_is_settled() {
        let mut settled = Settled::default();
        settled.advance(&Moment { pages: None, behind: 0, transactions: (10, 12), through: 0 });
        assert_eq!(settled.through, 0);
        assert!(settled.pending.is_none());
    }
}
