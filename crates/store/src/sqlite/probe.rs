//! A write that is made to find out whether writes succeed.

use super::tables::Tables;
use super::writer::Verb;

/// A write of nothing: to the database if `writes`, and else only as far as the look at the disk before it.
pub(super) struct Probing {
    pub(super) writes: bool,
}

impl Verb for Probing {
    type Answer = ();

    fn needs_room(&self) -> bool {
        true
    }

    fn run(&self, tables: &mut Tables<'_>) -> rusqlite::Result<()> {
        if !self.writes {
            return Ok(());
        }
        let connection = tables.connection;
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        // The same number: what is written is the page that has it.
        connection.execute_batch(&format!("PRAGMA user_version = {version}"))
    }
}
