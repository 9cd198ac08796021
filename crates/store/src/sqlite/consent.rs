//! What holds of numbers.

use super::events;
use super::rows::{Binding, CONSENT, Cells, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::event_page::EventPage;
use crate::limits::LIST_MAX;
use crate::table::{Numbered, Plans, Source, Stored, names, places, scope_account};
use postrider_core::consent::{Change, Kept, Kind};
use postrider_core::contract::ConsentFilter;
use postrider_core::notice::Notice;
use rusqlite::{Connection, Result, ToSql, params};
use std::sync::Arc;

/// Changes, and the notices of them.
pub(super) struct Changing {
    pub(super) changes: Vec<Arc<Change>>,
    pub(super) notices: Vec<Notice>,
    /// Whether the stream of events tells of them.
    pub(super) streams: bool,
}

impl Verb for Changing {
    type Answer = Vec<bool>;

    fn rows(&self) -> usize {
        self.changes.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<Vec<bool>> {
        let mut changed = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            changed.push(apply(tables.connection, change, &mut tables.plans)?);
        }
        let idle = |notice: &&Notice| {
            let is_its = |(change, changed): (&Arc<Change>, &bool)| !changed && notice.id == change.id.into();
            !self.changes.iter().zip(&changed).any(is_its)
        };
        for notice in self.notices.iter().filter(idle) {
            tables.record.notify(notice, tables.owner)?;
        }
        if self.streams {
            let made = self.changes.iter().zip(&changed).filter(|(_, changed)| **changed);
            events::keep(tables.connection, &EventPage::of_changes(made.map(|(change, _)| &**change)))?;
        }
        Ok(changed)
    }
}

/// Makes a change; tells whether it changed anything.
pub(super) fn apply(connection: &Connection, change: &Change, plans: &mut Plans) -> Result<bool> {
    let (number, kind) = (change.number.to_number(), change.scope.kind.to_number());
    let (account, covers) = (scope_account(&change.scope), &*change.scope.only);
    // A consent that is given again has another text, time and proof.
    let replaced = match (change.holds, change.scope.kind) {
        (true, Kind::Consent) => "true",
        (true, Kind::OptOut | Kind::Block | Kind::Zone) => "NOT holds",
        (false, _) => "holds",
    };
    let replaced = connection
        .prepare_cached(&format!(
            "UPDATE consent SET current = 0 \
             WHERE number = ?1 AND kind = ?2 AND account = ?3 AND covers = ?4 AND current AND {replaced}"
        ))?
        .execute(params![number, kind, account, covers])?;
    if !change.holds && replaced == 0 {
        return Ok(false);
    }
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO consent ({}) VALUES ({}) ON CONFLICT DO NOTHING",
        names(Change::COLUMNS),
        places('?', Change::COLUMNS.len())
    ))?;
    let mut row = Binding::new(&mut statement, plans);
    change.write(&mut row);
    Ok(row.execute()? == 1)
}

/// Changes behind a place in their order.
pub(super) fn after(connection: &Connection, sequence: u64, most: usize) -> Result<Vec<Kept>> {
    let condition = "c.sequence > ?1 ORDER BY c.sequence LIMIT ?2";
    read(connection, condition, &[&sequence.cast_signed(), &limit(most)])
}

/// The changes that meet all of the filter's conditions, the newest first.
pub(super) fn list(connection: &Connection, filter: &ConsentFilter) -> Result<Vec<Kept>> {
    let account = match (filter.viewer.account(), filter.of_all) {
        (Some(account), _) => Some(i64::from(account.0)),
        (None, true) => Some(0),
        (None, false) => None,
    };
    let number = filter.number.map(|number| number.to_number());
    let before = filter.before.map_or(i64::MAX, u64::cast_signed);
    let most = limit(filter.limit.min(LIST_MAX));
    let mut condition = String::from("c.kind = ?1 AND c.sequence < ?2");
    let mut of = |column: &str, place: usize, is_given: bool| {
        condition +=
            &if is_given { format!(" AND c.{column} = ?{place}") } else { format!(" AND ?{place} IS NULL") };
    };
    of("account", 3, account.is_some());
    of("number", 4, number.is_some());
    of("covers", 5, filter.only.is_some());
    condition += if filter.history { "" } else { " AND c.current AND c.holds" };
    condition += " ORDER BY c.sequence DESC LIMIT ?6";
    let values: [&dyn ToSql; 6] =
        [&filter.kind.to_number(), &before, &account, &number, &filter.only.as_deref(), &most];
    read(connection, &condition, &values)
}

fn read(connection: &Connection, condition: &str, values: &[&dyn ToSql]) -> Result<Vec<Kept>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT c.sequence, {CONSENT} FROM consent c WHERE {condition}"))?;
    let mut rows = statement.query(values)?;
    let (mut plans, mut found) = (Plans::default(), Vec::new());
    while let Some(row) = rows.next()? {
        let mut cells = Cells::from(row, 0, &mut plans);
        let sequence: i64 = cells.read("sequence")?;
        found.push(Kept { sequence: sequence.cast_unsigned(), change: Change::read(&mut cells)? });
    }
    Ok(found)
}
