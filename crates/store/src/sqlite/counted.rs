//! Messages that frequency caps count.

use super::rows::{Binding, Cells, insert, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::PURGE_MAX;
use crate::table::{Plans, Stored};
use postrider_core::contract::Accept;
use postrider_core::number::Number;
use postrider_core::policy::Counted;
use postrider_core::time::Time;
use rusqlite::{Connection, Result, params};

/// Keeps what is kept beside an accepted message.
pub(super) fn keep_beside(connection: &Connection, accept: &Accept, plans: &mut Plans) -> Result<()> {
    let message = &*accept.message;
    if let Some(text) = &accept.beside.remark {
        connection
            .prepare_cached("INSERT OR IGNORE INTO remark (message, at, text) VALUES (?1, ?2, ?3)")?
            .execute(params![key(message.id), message.created().0, text])?;
    }
    if accept.beside.counts {
        let counted = Counted::of(message, accept.beside.content);
        let mut statement = connection.prepare_cached(&insert::<Counted>("counted"))?;
        let mut row = Binding::new(&mut statement, plans);
        counted.write(&mut row);
        row.execute()?;
    }
    Ok(())
}

/// Messages to these recipients that go out after a time.
pub(super) fn find(connection: &Connection, to: &[Number], since: Time) -> Result<Vec<Counted>> {
    let columns = Counted::SELECTED;
    let mut statement = connection
        .prepare_cached(&format!("SELECT {columns} FROM counted f WHERE f.recipient = ?1 AND f.at > ?2"))?;
    let (mut plans, mut found) = (Plans::default(), Vec::new());
    for number in to {
        let mut rows = statement.query(params![number.digits().cast_signed(), since.0])?;
        while let Some(row) = rows.next()? {
            found.push(Counted::read(&mut Cells::from(row, 0, &mut plans))?);
        }
    }
    Ok(found)
}

/// Messages that count no more.
pub(super) struct Forgetting {
    /// Those that went out before.
    pub(super) before: Time,
    /// At most so many.
    pub(super) most: usize,
}

impl Verb for Forgetting {
    type Answer = usize;

    fn rows(&self) -> usize {
        self.most.min(PURGE_MAX)
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let sql = "DELETE FROM counted WHERE (recipient, at, message) IN \
                   (SELECT recipient, at, message FROM counted WHERE at < ?1 ORDER BY at LIMIT ?2)";
        let most = limit(self.most.min(PURGE_MAX));
        tables.connection.prepare_cached(sql)?.execute(params![self.before.0, most])
    }
}
