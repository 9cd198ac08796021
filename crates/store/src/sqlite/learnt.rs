//! Learnt forms of carriers' references.

use super::tables::Tables;
use super::writer::Verb;
use postrider_core::reference::{Learnt, ReferenceForm};
use postrider_core::route::UpstreamId;
use rusqlite::{Connection, Result, params};

/// All forms that were learnt. A form that this version doesn't know is for another to use.
pub(super) fn all(connection: &Connection) -> Result<Vec<Learnt>> {
    let mut statement = connection.prepare_cached("SELECT upstream, form, place FROM learnt")?;
    let rows = statement.query_map([], |row| {
        let form = ReferenceForm::from_word(&row.get::<_, String>(1)?);
        let (upstream, place) = (UpstreamId(row.get(0)?), row.get(2)?);
        Ok(form.map(|form| Learnt { upstream, form, place }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// A form to be kept.
pub(super) struct Learning(pub(super) Learnt);

impl Verb for Learning {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let Learnt { upstream, form, place } = &self.0;
        tables
            .connection
            .prepare_cached("INSERT OR REPLACE INTO learnt (upstream, form, place) VALUES (?1, ?2, ?3)")?
            .execute(params![upstream.0, form.word(), place])?;
        Ok(())
    }
}
