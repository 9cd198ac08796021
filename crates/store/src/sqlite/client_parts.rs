//! Parts of texts that clients cut themselves: kept until they are joined.

use super::accept::accept_one;
use super::damage::readable;
use super::money::pay;
use super::rows::{Binding, Cells, insert, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::damage::{Damage, Row};
use crate::table::{Plans, Stored, TextNumbers};
use postrider_core::account::AccountId;
use postrider_core::client_part::ClientPart;
use postrider_core::contract::{Joined, NotJoined, PartsWanted};
use postrider_core::id::MessageId;
use postrider_core::time::Time;
use rusqlite::{Connection, Result, ToSql, params};

/// Parts to be kept.
pub(super) struct Collecting(pub(super) Vec<ClientPart>);

impl Verb for Collecting {
    type Answer = ();

    fn rows(&self) -> usize {
        self.0.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let mut statement = tables.connection.prepare_cached(&insert::<ClientPart>("client_part"))?;
        for part in &self.0 {
            let mut row = Binding::new(&mut statement, &mut tables.plans);
            part.write(&mut row);
            row.execute()?;
        }
        Ok(())
    }
}

/// Messages that were put together from parts.
pub(super) struct Joining(pub(super) Vec<Joined>);

impl Verb for Joining {
    type Answer = NotJoined;

    fn rows(&self) -> usize {
        self.0.iter().map(|joined| 1 + joined.parts.len()).sum()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<NotJoined> {
        let mut left_out = NotJoined::default();
        for (place, joined) in self.0.iter().enumerate() {
            if !take(tables.connection, joined)? {
                left_out.joined_before.push(place);
            } else if let Some(refusal) = pay(tables, &joined.accept)? {
                leave(tables.connection, joined)?;
                left_out.unpaid.push((place, refusal));
            } else {
                accept_one(tables, &joined.accept)?;
            }
        }
        Ok(left_out)
    }
}

/// Joins all parts of a message, or none.
fn take(connection: &Connection, joined: &Joined) -> Result<bool> {
    let message = key(joined.accept.message.id);
    let mut join =
        connection.prepare_cached("UPDATE client_part SET joined = ?1 WHERE id = ?2 AND joined IS NULL")?;
    for part in &joined.parts {
        if join.execute([message, key(*part)])? == 0 {
            leave(connection, joined)?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Has the parts of a message wait again.
fn leave(connection: &Connection, joined: &Joined) -> Result<()> {
    let message = key(joined.accept.message.id);
    let sql = "UPDATE client_part SET joined = NULL WHERE id = ?1 AND joined = ?2";
    let mut leave = connection.prepare_cached(sql)?;
    joined.parts.iter().try_for_each(|part| leave.execute([key(*part), message]).map(drop))
}

/// Parts that are those of a message again.
pub(super) struct Repeating {
    /// The parts.
    pub(super) parts: Vec<MessageId>,
    /// The message.
    pub(super) of: MessageId,
}

impl Verb for Repeating {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let sql = "UPDATE client_part SET joined = ?1 WHERE id = ?2 AND joined IS NULL";
        let mut join = tables.connection.prepare_cached(sql)?;
        for part in &self.parts {
            join.execute([key(self.of), key(*part)])?;
        }
        Ok(())
    }
}

/// Parts that are asked for.
pub(super) fn find(
    connection: &Connection,
    wanted: &PartsWanted,
    damage: &mut Damage,
) -> Result<Vec<ClientPart>> {
    match wanted {
        PartsWanted::One(part) => read(connection, "m.id = ?1", &[&key(*part)], damage),
        PartsWanted::Overdue { by, most } => {
            let condition = "m.joined IS NULL AND m.wait_until <= ?1 ORDER BY m.wait_until LIMIT ?2";
            read(connection, condition, &[&by.0, &limit(*most)], damage)
        }
        PartsWanted::Waiting { after, most } => {
            let condition = "m.joined IS NULL AND m.id > ?1 ORDER BY m.id LIMIT ?2";
            read(connection, condition, &[&after.map_or(-1, key), &limit(*most)], damage)
        }
        PartsWanted::OfTexts { keys, since } => {
            let mut parts = Vec::new();
            for text in crate::table::numbers_of_texts(keys) {
                parts.append(&mut of_text(connection, text, *since, damage)?);
            }
            Ok(parts)
        }
    }
}

fn of_text(
    connection: &Connection,
    (account, recipient, reference, kind, total): TextNumbers,
    since: Time,
    damage: &mut Damage,
) -> Result<Vec<ClientPart>> {
    let condition = "m.account = ?1 AND m.recipient = ?2 AND m.cut_reference = ?3 AND m.cut_kind = ?4 \
                     AND m.cut_total = ?5 AND (m.joined IS NULL OR m.id >= ?6) ORDER BY m.id";
    let since = key(MessageId::first_at(since));
    read(connection, condition, &[&account, &recipient, &reference, &kind, &total, &since], damage)
}

fn read(
    connection: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
    damage: &mut Damage,
) -> Result<Vec<ClientPart>> {
    let sql =
        format!("SELECT {} FROM client_part m WHERE NOT m.damaged AND {condition}", ClientPart::SELECTED);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let (mut plans, mut parts) = (Plans::default(), Vec::new());
    while let Some(row) = rows.next()? {
        let part = ClientPart::read(&mut Cells::from(row, 0, &mut plans)).map_err(Into::into);
        parts.extend(readable(part, damage, || Ok(Row::ClientPart { id: row.get(0)? }))?);
    }
    Ok(parts)
}

/// How many parts of each account wait.
pub(super) fn waiting(connection: &Connection) -> Result<Vec<(AccountId, u64)>> {
    connection
        .prepare_cached(
            "SELECT account, count(*) FROM client_part INDEXED BY client_part_waiting \
             WHERE joined IS NULL AND NOT damaged GROUP BY account",
        )?
        .query_map([], |row| Ok((AccountId(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned())))?
        .collect()
}

/// Forgets parts that were joined before.
pub(super) fn forget(connection: &Connection, before: i64, most: i64) -> Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM client_part WHERE id IN \
             (SELECT id FROM client_part WHERE id < ?1 AND joined IS NOT NULL ORDER BY id LIMIT ?2)",
        )?
        .execute(params![before, most])
}
