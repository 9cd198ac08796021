//! The audit log: lines are added behind the last one, and never changed.

use super::Sqlite;
use super::rows::limit;
use super::tables::Tables;
use super::writer::Verb;
use crate::audit::{COLUMNS, DAY, lines, removed};
use async_trait::async_trait;
use postrider_core::audit::{ActorKind, Event, Filter, Head, Line, LineHash};
use postrider_core::contract::{AuditLog, StoreError};
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

#[async_trait]
impl AuditLog for Sqlite {
    async fn note(&self, events: Vec<Event>) -> Result<(), StoreError> {
        self.write(Noting(events)).await
    }

    async fn trail(&self, filter: Filter) -> Result<(Vec<Line>, Option<Head>), StoreError> {
        self.reader.read(move |connection| trail(connection, &filter)).await
    }

    async fn forget_lines(&self, before: Time, now: Time, most: usize) -> Result<usize, StoreError> {
        self.write(Forgetting { before, now, most }).await
    }
}

/// Events to be added.
pub(super) struct Noting(pub(super) Vec<Event>);

impl Verb for Noting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        note(tables.connection, self.0.clone())
    }
}

/// Adds lines.
pub(super) fn note(connection: &Connection, events: Vec<Event>) -> Result<()> {
    let lines = lines(head(connection)?, events);
    let places = crate::table::places('?', 10);
    let mut insert =
        connection.prepare_cached(&format!("INSERT INTO audit ({COLUMNS}) VALUES ({places})"))?;
    for Line { sequence, event, hash } in &lines {
        insert.execute(params![
            sequence.cast_signed(),
            event.at.0,
            event.who,
            event.role.word(),
            event.address,
            event.action,
            event.subject,
            event.outcome,
            event.detail,
            hash.as_slice()
        ])?;
    }
    let Some(last) = lines.last() else { return Ok(()) };
    connection
        .prepare_cached("INSERT OR REPLACE INTO audit_head (one, sequence, hash) VALUES (1, ?1, ?2)")?
        .execute(params![last.sequence.cast_signed(), last.hash.as_slice()])?;
    Ok(())
}

/// The last line.
fn head(connection: &Connection) -> Result<Option<Head>> {
    connection
        .prepare_cached("SELECT sequence, hash FROM audit_head")?
        .query_row([], |row| {
            Ok(Head { sequence: row.get::<_, i64>(0)?.cast_unsigned(), hash: hash(row, 1)? })
        })
        .optional()
}

/// A hash; what is none is one that no line has.
fn hash(row: &Row<'_>, column: usize) -> Result<LineHash> {
    Ok(row.get::<_, Vec<u8>>(column)?.try_into().unwrap_or([0; 32]))
}

/// Lines that meet all conditions, and the last line of all.
pub(super) fn trail(connection: &Connection, filter: &Filter) -> Result<(Vec<Line>, Option<Head>)> {
    let (compare, order) = if filter.oldest_first { (">", "ASC") } else { ("<", "DESC") };
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE (?1 IS NULL OR who = ?1) AND (?2 IS NULL OR instr(action, ?2) = 1) \
         AND (?3 IS NULL OR subject = ?3) AND (?4 IS NULL OR address = ?4) AND at >= ?5 AND at < ?6 \
         AND id {compare} ?7 ORDER BY id {order} LIMIT ?8"
    );
    let start = if filter.oldest_first { -1 } else { i64::MAX };
    let values = params![
        filter.who,
        filter.action,
        filter.subject,
        filter.address,
        filter.since.map_or(i64::MIN, |time| time.0),
        filter.until.map_or(i64::MAX, |time| time.0),
        filter.after.map_or(start, u64::cast_signed),
        limit(filter.limit)
    ];
    let mut statement = connection.prepare_cached(&sql)?;
    let lines = statement.query_map(values, line)?.collect::<Result<_>>()?;
    Ok((lines, head(connection)?))
}

fn line(row: &Row<'_>) -> Result<Line> {
    let role: Box<str> = row.get(3)?;
    let event = Event {
        at: Time(row.get(1)?),
        who: row.get(2)?,
        // A word that was changed shows in the hash.
        role: ActorKind::from_word(&role).unwrap_or(ActorKind::Stranger),
        address: row.get(4)?,
        action: row.get(5)?,
        subject: row.get(6)?,
        outcome: row.get(7)?,
        detail: row.get(8)?,
    };
    Ok(Line { sequence: row.get::<_, i64>(0)?.cast_unsigned(), event, hash: hash(row, 9)? })
}

/// Lines to be removed, whose time is over.
pub(super) struct Forgetting {
    /// Lines from before then.
    pub(super) before: Time,
    /// The time now.
    pub(super) now: Time,
    /// At most so many.
    pub(super) most: usize,
}

impl Verb for Forgetting {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let connection = tables.connection;
        let oldest: Option<(i64, i64)> = connection
            .prepare_cached("SELECT id, at FROM audit ORDER BY id LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((first, _)) = oldest.filter(|(_, at)| *at < (self.before - DAY).0) else { return Ok(0) };
        let last: Option<Head> = connection
            .prepare_cached(
                "SELECT id, hash FROM audit WHERE id < ?1 \
                 AND id < coalesce((SELECT min(id) FROM audit WHERE at >= ?2), (SELECT max(id) FROM audit)) \
                 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![first + limit(self.most), self.before.0], |row| {
                Ok(Head { sequence: row.get::<_, i64>(0)?.cast_unsigned(), hash: hash(row, 1)? })
            })
            .optional()?;
        let Some(last) = last else { return Ok(0) };
        let forgotten = connection
            .prepare_cached("DELETE FROM audit WHERE id <= ?1")?
            .execute([last.sequence.cast_signed()])?;
        note(connection, vec![removed(&last, self.now)])?;
        Ok(forgotten)
    }
}
