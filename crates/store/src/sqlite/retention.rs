//! Removal of texts and records whose time is over.

use super::chores::{forget_message, forget_received};
use super::rows::{key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::PURGE_MAX;
use crate::retention::{NOBODY, PARTS_LATER, Walk};
use crate::table::REMOVED;
use postrider_core::account::AccountId;
use postrider_core::contract::{EndedText, Outdated};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// Every account that was ever named.
pub(super) fn accounts(connection: &Connection) -> Result<Vec<AccountId>> {
    connection
        .prepare_cached("SELECT id FROM resource WHERE kind = 'account' ORDER BY id")?
        .query_map([], |row| row.get(0).map(AccountId))?
        .collect()
}

/// Removes the text of a message that has ended.
pub(super) fn end_text(connection: &Connection, text: &EndedText) -> Result<()> {
    let table = if text.row == text.message { "message" } else { "client_part" };
    let ended = "EXISTS (SELECT 1 FROM outcome WHERE outcome.id = ?2)";
    connection
        .prepare_cached(&format!("UPDATE {table} SET {REMOVED} WHERE id = ?1 AND {ended}"))?
        .execute([key(text.row), key(text.message)])?;
    Ok(())
}

/// Texts to be removed.
pub(super) struct Redacting(pub(super) Outdated);

impl Verb for Redacting {
    type Answer = usize;

    fn rows(&self) -> usize {
        self.0.most.min(PURGE_MAX)
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let connection = tables.connection;
        let account = self.0.account.map_or(NOBODY, |account| account.0.into());
        let walked = connection
            .prepare_cached("SELECT messages, parts, inbound FROM retention WHERE account = ?1")?
            .query_row([account], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .unwrap_or((-1, -1, -1));
        let (before, most) = (key(self.0.before), self.0.most.min(PURGE_MAX));
        let walk = |after, before| Walk { account, after, before, most };
        let messages = messages(connection, walk(walked.0, before))?;
        let parts = parts(connection, walk(walked.1, before.saturating_sub(PARTS_LATER)))?;
        let inbound = inbound(connection, walk(walked.2, before))?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO retention (account, messages, parts, inbound) VALUES (?1, ?2, ?3, ?4)")?
            .execute([account, messages.1, parts.1, inbound.1])?;
        Ok(messages.0.max(parts.0).max(inbound.0))
    }
}

/// How many rows were looked at, and the last of them.
type Seen = (usize, i64);

fn messages(connection: &Connection, walk: Walk) -> Result<Seen> {
    let ended = "EXISTS (SELECT 1 FROM outcome WHERE outcome.id = message.id)";
    remove(connection, "message", walk, ended)
}

fn parts(connection: &Connection, walk: Walk) -> Result<Seen> {
    remove(connection, "client_part", walk, "joined IS NOT NULL")
}

/// Removes the texts of a stretch of rows that meet a condition.
fn remove(connection: &Connection, table: &str, walk: Walk, condition: &str) -> Result<Seen> {
    let seen = seen(connection, table, walk)?;
    let sql = format!(
        "UPDATE {table} SET {REMOVED} WHERE account = ?1 AND id > ?2 AND id <= ?3 AND encoding IS NOT 5 AND {condition}"
    );
    connection.prepare_cached(&sql)?.execute([walk.account, walk.after, seen.1])?;
    Ok(seen)
}

/// The next stretch of rows of an account.
fn seen(connection: &Connection, table: &str, walk: Walk) -> Result<Seen> {
    let sql = format!(
        "SELECT count(*), max(id) FROM (SELECT id FROM {table} WHERE account IS ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4)"
    );
    let account = (walk.account != NOBODY).then_some(walk.account);
    let values = params![account, walk.after, walk.before, limit(walk.most)];
    connection.prepare_cached(&sql)?.query_row(values, |row| {
        let count: i64 = row.get(0)?;
        Ok((usize::try_from(count).unwrap_or(0), row.get::<_, Option<i64>>(1)?.unwrap_or(walk.after)))
    })
}

/// Removes texts of messages from handsets, up to the first that its account is still to be told of.
fn inbound(connection: &Connection, walk: Walk) -> Result<Seen> {
    let account = (walk.account != NOBODY).then_some(walk.account);
    let mut statement = connection.prepare_cached(
        "SELECT id, EXISTS (SELECT 1 FROM notice n WHERE n.id = i.id AND n.lane IN (-2, -1, i.account) AND n.owner >= 0) \
         OR EXISTS (SELECT 1 FROM notice n WHERE n.id = i.id AND n.lane <= -16 AND n.owner >= 0) \
         FROM inbound i WHERE account IS ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
    )?;
    let mut rows = statement.query(params![account, walk.after, walk.before, limit(walk.most)])?;
    let mut seen = (0, walk.after);
    while let Some(row) = rows.next()? {
        if row.get(1)? {
            break;
        }
        seen = (seen.0 + 1, row.get(0)?);
        connection
            .prepare_cached(&format!("UPDATE inbound SET {REMOVED} WHERE id = ?1"))?
            .execute([seen.1])?;
    }
    Ok(seen)
}

/// Records to be forgotten.
pub(super) struct Forgetting(pub(super) Outdated);

impl Verb for Forgetting {
    type Answer = usize;

    fn rows(&self) -> usize {
        self.0.most.min(PURGE_MAX)
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let connection = tables.connection;
        let most = limit(self.0.most.min(PURGE_MAX));
        let account = self.0.account.map(|account| account.0);
        let found = |sql: &str| -> Result<Vec<i64>> {
            let values = params![account, key(self.0.before), most];
            connection.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect()
        };
        let ended = found(
            "SELECT m.id FROM message m JOIN outcome o ON o.id = m.id WHERE m.account = ?1 AND m.id < ?2 \
             ORDER BY m.id LIMIT ?3",
        )?;
        let received = found("SELECT id FROM inbound WHERE account IS ?1 AND id < ?2 ORDER BY id LIMIT ?3")?;
        ended.iter().try_for_each(|message| forget_message(connection, *message))?;
        received.iter().try_for_each(|message| forget_received(connection, *message))?;
        Ok(ended.len().max(received.len()))
    }
}
