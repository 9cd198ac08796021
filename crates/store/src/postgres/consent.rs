//! What holds of numbers. Changes are numbered in the order in which they are committed, so that a node which has read as far
//! as one has read all before it: whoever makes some holds a lock until the end of the transaction.

use super::errand::Errand;
use super::error::Error;
use super::events::Pages;
use super::link::{Call, Link, Transaction, Value};
use super::record::notify;
use super::rows::{Arrays, CONSENT, Cells, arrays, key, limit, text};
use super::steps::Notices;
use crate::event_page::EventPage;
use crate::limits::LIST_MAX;
use crate::table::{Numbered, Plans, Source, Stored, names};
use postrider_core::consent::{Change, Kept, Scope};
use postrider_core::contract::ConsentFilter;
use postrider_core::notice::Notice;
use postrider_core::number::Number;
use std::collections::HashSet;
use std::sync::Arc;

/// Changes, and the notices of them.
pub(super) struct Changing {
    pub(super) changes: Vec<Arc<Change>>,
    pub(super) notices: Vec<Notice>,
    /// Whether the stream of events tells of them.
    pub(super) streams: bool,
}

/// Makes changes come one transaction after the other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7887001, 4)";

/// What is no longer current, since it holds no more, or holds again, or was given anew.
fn replace() -> String {
    format!(
        "UPDATE consent c SET current = false FROM {} WHERE c.number = n.number AND c.kind = n.kind \
         AND c.account = n.account AND c.covers = n.covers AND c.current AND (c.holds <> n.holds OR n.kind = 2 AND n.holds)",
        given()
    )
}

/// The statement that keeps changes. What was never made, or was lifted before, is not lifted.
fn keep() -> String {
    format!(
        "INSERT INTO consent ({names}) SELECT {names} FROM {} WHERE n.holds OR EXISTS (SELECT FROM consent c \
         WHERE c.number = n.number AND c.kind = n.kind AND c.account = n.account AND c.covers = n.covers) \
         ON CONFLICT DO NOTHING",
        given(),
        names = names(Change::COLUMNS)
    )
}

fn given() -> String {
    let columns = Change::COLUMNS;
    format!("unnest({}) AS n ({})", arrays(columns, 1), names(columns))
}

/// Changes in runs, in each of which no two are of one number and scope.
pub(super) struct Runs<'c>(Vec<Arrays<'c>>);

impl<'c> Runs<'c> {
    pub(super) fn of(changes: impl Iterator<Item = &'c Change>) -> Self {
        let mut runs: Vec<Arrays<'c>> = Vec::new();
        let mut known: HashSet<(Number, &Scope)> = HashSet::new();
        for change in changes {
            if !known.insert((change.number, &change.scope)) || runs.is_empty() {
                known = HashSet::from([(change.number, &change.scope)]);
                runs.push(Arrays::default());
            }
            runs.iter_mut().last().into_iter().for_each(|run| run.push(change));
        }
        Self(runs)
    }

    /// The statements that make the changes.
    pub(super) fn calls<'w>(&'w self, calls: &mut Vec<Call<'w>>) {
        if !self.0.is_empty() {
            calls.push(Call::new(LOCK, []));
        }
        for run in &self.0 {
            calls.push(Call::new(replace(), run.values().collect::<Vec<_>>()));
            calls.push(Call::new(keep(), run.values().collect::<Vec<_>>()));
        }
    }
}

impl Errand for Changing {
    type Answer = Vec<bool>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<bool>, Error> {
        let runs = Runs::of(self.changes.iter().map(|change| &**change));
        transaction.query(LOCK, &[]).await?;
        let mut kept: HashSet<i64> = HashSet::new();
        for run in &runs.0 {
            let values: Vec<Value<'_>> = run.values().collect();
            transaction.execute(&replace(), &values).await?;
            for row in transaction.query(&format!("{} RETURNING id", keep()), &values).await? {
                kept.insert(row.try_get(0)?);
            }
        }
        let mut notices = Notices::default();
        let told = self.notices.iter().filter(|notice| kept.contains(&notice.id.number().cast_signed()));
        told.for_each(|notice| notices.push(notice));
        if !notices.id.is_empty() {
            let node = transaction.node();
            let sql = format!("{} ON CONFLICT DO NOTHING", notify(1));
            transaction.execute(&sql, &notices.values(&node)).await?;
        }
        let made = self.changes.iter().filter(|change| self.streams && kept.contains(&key(change.id)));
        let page = EventPage::of_changes(made.map(|change| &**change));
        let pages: Pages<'_> = [&page].into_iter().collect();
        if let Some(call) = pages.call() {
            transaction.all(&[call]).await?;
        }
        Ok(self.changes.iter().map(|change| kept.contains(&key(change.id))).collect())
    }
}

/// Changes behind a place in their order.
pub(super) async fn after(link: &Link, sequence: u64, most: usize) -> Result<Vec<Kept>, Error> {
    let condition = "c.sequence > $1::bigint ORDER BY c.sequence LIMIT $2::bigint";
    read(link, condition, &[&sequence.cast_signed(), &limit(most)]).await
}

/// The changes that meet all of the filter's conditions, the newest first.
pub(super) async fn list(link: &Link, filter: &ConsentFilter) -> Result<Vec<Kept>, Error> {
    let account = match (filter.viewer.account(), filter.of_all) {
        (Some(account), _) => Some(i64::from(account.0)),
        (None, true) => Some(0),
        (None, false) => None,
    };
    let number = filter.number.map(|number| number.to_number());
    let only = filter.only.as_deref().map(text);
    let before = filter.before.map_or(i64::MAX, u64::cast_signed);
    let (kind, most) = (filter.kind.to_number(), limit(filter.limit.min(LIST_MAX)));
    let mut condition = String::from("c.kind = $1::bigint AND c.sequence < $2::bigint");
    let mut of = |column: &str, cast: &str, place: usize, is_given: bool| {
        let place = format!("${place}::{cast}");
        condition +=
            &if is_given { format!(" AND c.{column} = {place}") } else { format!(" AND {place} IS NULL") };
    };
    of("account", "bigint", 3, account.is_some());
    of("number", "bigint", 4, number.is_some());
    of("covers", "text", 5, only.is_some());
    condition += if filter.history { "" } else { " AND c.current AND c.holds" };
    condition += " ORDER BY c.sequence DESC LIMIT $6::bigint";
    let values: [Value<'_>; 6] = [&kind, &before, &account, &number, &only, &most];
    read(link, &condition, &values).await
}

async fn read(link: &Link, condition: &str, values: &[Value<'_>]) -> Result<Vec<Kept>, Error> {
    let sql = format!("SELECT c.sequence, {CONSENT} FROM consent c WHERE {condition}");
    let (mut plans, mut found) = (Plans::default(), Vec::new());
    for row in link.query(&sql, values).await? {
        let mut cells = Cells::from(&row, 0, &mut plans);
        let sequence: i64 = cells.read("sequence")?;
        found.push(Kept { sequence: sequence.cast_unsigned(), change: Change::read(&mut cells)? });
    }
    Ok(found)
}
