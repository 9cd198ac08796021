//! Damaged rows are set aside: in the transaction that meets them, or in the next one where that only reads.

use super::error::damage;
use super::tables::Tables;
use super::writer::Verb;
use crate::damage::{Damage, Row};
use rusqlite::{Connection, Result, params_from_iter};

/// Rows to be set aside.
pub(super) struct SettingAside(pub(super) Damage);

impl Verb for SettingAside {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        set_aside(tables.connection, &self.0)
    }
}

/// Sets rows aside.
pub(super) fn set_aside(connection: &Connection, damage: &Damage) -> Result<()> {
    for row in damage.rows() {
        let (sql, values) = row.set_aside();
        connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
    }
    Ok(())
}

/// The value of a row; `None`, and a note of it, if the row is damaged.
pub(super) fn readable<T>(
    read: Result<T>,
    noted: &mut Damage,
    row: impl FnOnce() -> Result<Row>,
) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) => match damage(&error) {
            Some(why) => {
                noted.note(row()?, why);
                Ok(None)
            }
            None => Err(error),
        },
    }
}
