//! What was found out of how carriers spell their names for parts.

use super::tables::Tables;
use super::writer::Verb;
use postrider_core::reference::NameForm;
use postrider_core::route::UpstreamId;
use rusqlite::{Connection, Result, params};

/// All that was found out. A form that this version doesn't know is for another to use.
pub(super) fn all(connection: &Connection) -> Result<Vec<(UpstreamId, NameForm)>> {
    let mut statement = connection.prepare_cached("SELECT upstream, form FROM learnt")?;
    let rows = statement.query_map([], |row| Ok((UpstreamId(row.get(0)?), row.get::<_, String>(1)?)))?;
    let rows = rows.collect::<Result<Vec<_>>>()?;
    Ok(rows
        .into_iter()
        .filter_map(|(upstream, form)| Some((upstream, NameForm::from_word(&form)?)))
        .collect())
}

/// A form to be kept.
pub(super) struct Learning(pub(super) UpstreamId, pub(super) NameForm);

impl Verb for Learning {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        tables
            .connection
            .prepare_cached("INSERT OR REPLACE INTO learnt (upstream, form) VALUES (?1, ?2)")?
            .execute(params![self.0.0, self.1.word()])?;
        Ok(())
    }
}
