//! Parts of messages from handsets: kept until they are joined, and a while longer.

use super::consent;
use super::damage::readable;
use super::events;
use super::record::receive;
use super::rows::{Binding, Cells, insert, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::damage::{Damage, Row};
use crate::event_page::EventPage;
use crate::table::{Plans, Stored, reference_numbers};
use postrider_core::contract::{InboundPartsWanted, JoinedParts};
use postrider_core::id::MessageId;
use postrider_core::inbound::parts::{InboundPart, PartsKey};
use postrider_core::time::Time;
use rusqlite::{Connection, Result, ToSql};

/// Keeps a part.
pub(super) fn keep(connection: &Connection, part: &InboundPart, plans: &mut Plans) -> Result<()> {
    let sql = format!("{} ON CONFLICT DO NOTHING", insert::<InboundPart>("inbound_part"));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut row = Binding::new(&mut statement, plans);
    part.write(&mut row);
    row.execute().map(drop)
}

/// Parts that become messages, or are those of messages again.
pub(super) struct Joining {
    /// The messages.
    pub(super) joined: Vec<JoinedParts>,
    /// Parts before this one are forgotten, if they were joined.
    pub(super) forget: MessageId,
    /// The messages' page of the stream of events.
    pub(super) page: EventPage,
}

impl Verb for Joining {
    type Answer = Vec<usize>;

    fn rows(&self) -> usize {
        self.joined.iter().map(|joined| 1 + joined.parts.len()).sum()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<Vec<usize>> {
        let mut left_out = Vec::new();
        for (place, joined) in self.joined.iter().enumerate() {
            if !take(tables.connection, joined)? {
                left_out.push(place);
                continue;
            }
            if let Some(received) = &joined.received {
                receive(tables, received)?;
            }
            for change in &joined.consent {
                consent::apply(tables.connection, change, &mut tables.plans)?;
            }
            for notice in &joined.notices {
                tables.record.notify(notice, tables.owner)?;
            }
        }
        events::keep(tables.connection, &self.page)?;
        tables
            .connection
            .prepare_cached("DELETE FROM inbound_part WHERE id < ?1 AND joined > 0")?
            .execute([key(self.forget)])?;
        Ok(left_out)
    }
}

/// Joins all parts of a message, or none.
fn take(connection: &Connection, joined: &JoinedParts) -> Result<bool> {
    let of = key(joined.of);
    let mut join =
        connection.prepare_cached("UPDATE inbound_part SET joined = ?1 WHERE id = ?2 AND joined IS NULL")?;
    for (count, part) in joined.parts.iter().enumerate() {
        if join.execute([of, key(*part)])? == 0 {
            let mut leave =
                connection.prepare_cached("UPDATE inbound_part SET joined = NULL WHERE id = ?1")?;
            for part in joined.parts.iter().take(count) {
                leave.execute([key(*part)])?;
            }
            return Ok(false);
        }
    }
    Ok(true)
}

/// Parts that are asked for.
pub(super) fn find(
    connection: &Connection,
    wanted: &InboundPartsWanted,
    damage: &mut Damage,
) -> Result<Vec<InboundPart>> {
    match wanted {
        InboundPartsWanted::Overdue { by, most } => {
            let condition = "p.joined IS NULL AND p.wait_until <= ?1 ORDER BY p.wait_until LIMIT ?2";
            read(connection, condition, &[&by.0, &limit(*most)], damage)
        }
        InboundPartsWanted::Waiting { after, most } => {
            let condition = "p.joined IS NULL AND p.id > ?1 ORDER BY p.id LIMIT ?2";
            read(connection, condition, &[&after.map_or(-1, key), &limit(*most)], damage)
        }
        InboundPartsWanted::Of { keys, since } => {
            let mut parts = Vec::new();
            for key in keys {
                parts.append(&mut of_one(connection, key, *since, damage)?);
            }
            Ok(parts)
        }
    }
}

fn of_one(
    connection: &Connection,
    wanted: &PartsKey,
    since: Time,
    damage: &mut Damage,
) -> Result<Vec<InboundPart>> {
    let (kind, common) = reference_numbers(wanted.reference);
    let condition = "p.sender = ?1 AND p.recipient = ?2 AND p.common = ?3 AND p.kind = ?4 AND p.total = ?5 \
                     AND (p.joined IS NULL OR p.joined > 0 AND p.id >= ?6) ORDER BY p.id";
    let since = key(MessageId::first_at(since));
    read(connection, condition, &[&wanted.from, &wanted.to, &common, &kind, &wanted.total, &since], damage)
}

fn read(
    connection: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
    damage: &mut Damage,
) -> Result<Vec<InboundPart>> {
    let sql = format!("SELECT {} FROM inbound_part p WHERE {condition}", InboundPart::SELECTED);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let (mut plans, mut parts) = (Plans::default(), Vec::new());
    while let Some(row) = rows.next()? {
        let part = InboundPart::read(&mut Cells::from(row, 0, &mut plans)).map_err(Into::into);
        parts.extend(readable(part, damage, || Ok(Row::InboundPart { id: row.get(0)? }))?);
    }
    Ok(parts)
}
