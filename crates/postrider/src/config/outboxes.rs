//! Outbox tables that a file declares.

use super::check::{Checker, has_password, keys};
use super::settings::{File, OutboxSection};
use postrider_declare::Secret;
use postrider_store::sql_outbox::{self, TableName};
use std::fmt;
use std::time::Duration;

/// The longest name of an outbox.
const NAME_MAX: usize = 40;

/// An outbox table that is read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OutboxTable {
    /// Its name, which is in idempotency keys.
    pub(crate) name: String,
    /// The database, which mostly holds a password.
    pub(crate) address: String,
    /// The table.
    pub(crate) table: TableName,
    /// The name of the account.
    pub(crate) account: String,
    /// How often it is looked at.
    pub(crate) every: Duration,
}

impl fmt::Debug for OutboxTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxTable").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Checker<'_> {
    /// The outbox tables of a file, as far as they can be used.
    pub(super) fn outboxes(&mut self, file: &File) -> Vec<OutboxTable> {
        if !file.outboxes.is_empty() && file.retention.events.get().is_zero() {
            let message =
                "outbox tables hear what became of messages from the stream of events, which is switched off";
            self.error(
                &keys(&["retention", "events"]),
                message,
                "write the time for which events are kept, such as 24h",
            );
        }
        file.outboxes.iter().filter_map(|(name, section)| self.outbox(name, section, file)).collect()
    }

    fn outbox(&mut self, name: &str, section: &OutboxSection, file: &File) -> Option<OutboxTable> {
        let place = |key: &str| keys(&["outboxes", name, key]);
        if name.is_empty() || name.len() > NAME_MAX {
            let message = format!("the name of an outbox has 1 to {NAME_MAX} octets");
            self.error(
                &keys(&["outboxes", name]),
                message,
                "its name is in idempotency keys: give it a short one",
            );
        }
        let accounts = &file.documents.accounts;
        if !accounts.is_empty() && !accounts.contains_key(&section.account) {
            let message = format!("the file declares no account `{}`", section.account);
            self.warn(&place("account"), message, "rows wait until it is declared over the API");
        }
        let table = match section.table.parse::<TableName>() {
            Ok(table) => Some(table),
            Err(why) => {
                self.error(&place("table"), format!("invalid name `{}`", section.table), why);
                None
            }
        };
        let address = self.database(name, section)?;
        let (name, account) = (name.to_owned(), section.account.clone());
        Some(OutboxTable { name, address, table: table?, account, every: section.every.get() })
    }

    fn database(&mut self, name: &str, section: &OutboxSection) -> Option<String> {
        let path = keys(&["outboxes", name, "database"]);
        let help = "write `postgres://user:password@host/database` or `sqlite:PATH`";
        let address = match &section.database {
            None => {
                self.error(&path, format!("the outbox `{name}` names no database"), help);
                return None;
            }
            // Without a password there is nothing to hide.
            Some(Secret::Literal(address)) if !has_password(address) => address.clone(),
            Some(secret) => self.secret(&path, secret)?,
        };
        if let Err(why) = sql_outbox::check_address(&address) {
            self.error(&path, format!("invalid address of a database: {why}"), help);
            return None;
        }
        Some(address)
    }
}
