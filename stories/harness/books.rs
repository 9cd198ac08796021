//! The store of a gateway that has ended, read as an operator would: through the documented views.

use rusqlite::{Connection, OpenFlags};
use std::collections::HashMap;
use std::path::Path;

/// A store, open for reading.
#[derive(Debug)]
pub(crate) struct Books(Connection);

/// A message in the view `message_log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) recipient: String,
    pub(crate) state: String,
    pub(crate) error: Option<String>,
    pub(crate) possible_duplicate: bool,
}

impl Books {
    /// Opens the store in this directory.
    pub(super) fn open(directory: &Path) -> Self {
        let path = directory.join("postrider.db");
        Self(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
    }

    /// Makes the proofs of all sessions in the store in this directory so old that none is fresh.
    pub(super) fn age_proofs(directory: &Path) {
        let store = Connection::open(directory.join("postrider.db")).unwrap();
        store.execute("UPDATE user_session SET proved = 0", []).unwrap();
    }

    /// Every message, by its id.
    pub(crate) fn messages(&self) -> HashMap<String, Entry> {
        let query = "SELECT id, recipient, state, error, coalesce(possible_duplicate, 0) FROM message_log";
        let mut statement = self.0.prepare(query).unwrap();
        let entry = |row: &rusqlite::Row<'_>| {
            Ok(Entry {
                id: row.get::<_, i64>(0)?.to_string(),
                recipient: row.get(1)?,
                state: row.get(2)?,
                error: row.get(3)?,
                possible_duplicate: row.get(4)?,
            })
        };
        let entries = statement.query_map([], entry).unwrap();
        entries.map(|entry| entry.unwrap()).map(|entry| (entry.id.clone(), entry)).collect()
    }

    /// The count of rows of a table or a view.
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.0.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// Whether a text stands in a table of messages.
    pub(crate) fn holds(&self, text: &str) -> bool {
        ["message", "client_part", "inbound", "inbound_part", "conversation_note"].into_iter().any(|table| {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM {table} WHERE instr(text, ?1) OR instr(data, CAST(?1 AS BLOB)))"
            );
            self.0.query_row(&sql, [text], |row| row.get(0)).unwrap()
        })
    }

    /// Whether a text stands in a declaration.
    pub(crate) fn declares(&self, text: &str) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM resource WHERE instr(document, ?1))";
        self.0.query_row(sql, [text], |row| row.get(0)).unwrap()
    }
}
