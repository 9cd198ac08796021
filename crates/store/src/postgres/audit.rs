//! The audit log: lines are added behind the last one, and never changed. One lock gives lines of all nodes their order.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::{limit, text};
use crate::audit::{COLUMNS, DAY, lines, removed};
use async_trait::async_trait;
use postrider_core::audit::{ActorKind, Event, Filter, Head, Line, LineHash};
use postrider_core::contract::{AuditLog, StoreError};
use postrider_core::time::Time;
use tokio_postgres::Row;

#[async_trait]
impl AuditLog for Postgres {
    async fn note(&self, events: Vec<Event>) -> Result<(), StoreError> {
        self.errands.run(Noting(events)).await
    }

    async fn trail(&self, filter: Filter) -> Result<(Vec<Line>, Option<Head>), StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { trail(&link, filter).await }).await
    }

    async fn forget_lines(&self, before: Time, now: Time, most: usize) -> Result<usize, StoreError> {
        self.errands.run(Forgetting { before, now, most }).await
    }
}

/// The lock of whoever adds lines, until its transaction ends.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7887001, 5)";
const HEAD: &str = "SELECT sequence, hash FROM audit_head";
const SET_HEAD: &str = "INSERT INTO audit_head (one, sequence, hash) VALUES (1, $1, $2) \
     ON CONFLICT (one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash";

/// Events to be added.
pub(super) struct Noting(pub(super) Vec<Event>);

impl Errand for Noting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        note(transaction, self.0.iter().map(holdable).collect()).await
    }
}

/// An event as PostgreSQL can hold it: its texts have no zeros.
fn holdable(event: &Event) -> Event {
    let clean = |held: &str| -> Box<str> { text(held).into() };
    Event {
        at: event.at,
        who: clean(&event.who),
        role: event.role,
        address: event.address.as_deref().map(clean),
        action: clean(&event.action),
        subject: clean(&event.subject),
        outcome: clean(&event.outcome),
        detail: event.detail.as_deref().map(clean),
    }
}

/// Adds lines within a transaction.
pub(super) async fn note(transaction: &mut Transaction<'_>, events: Vec<Event>) -> Result<(), Error> {
    transaction.query(LOCK, &[]).await?;
    let head = transaction.query(HEAD, &[]).await?.first().map(head).transpose()?;
    let lines = lines(head, events);
    for line in &lines {
        transaction
            .execute(
                &insert(),
                &values(line, &line.sequence.cast_signed(), &line.event.role.word(), &line.hash.as_slice()),
            )
            .await?;
    }
    let Some(last) = lines.last() else { return Ok(()) };
    transaction.execute(SET_HEAD, &[&last.sequence.cast_signed(), &last.hash.as_slice()]).await?;
    Ok(())
}

fn insert() -> String {
    format!("INSERT INTO audit ({COLUMNS}) VALUES ({})", crate::table::places('$', 10))
}

fn values<'v>(line: &'v Line, sequence: &'v i64, role: &'v &str, hash: &'v &[u8]) -> [Value<'v>; 10] {
    let Event { at, who, role: _, address, action, subject, outcome, detail } = &line.event;
    [sequence, &at.0, who, role, address, action, subject, outcome, detail, hash]
}

fn head(row: &Row) -> Result<Head, Error> {
    Ok(Head { sequence: row.try_get::<_, i64>(0)?.cast_unsigned(), hash: hash(row, 1)? })
}

/// A hash; what is none is one that no line has.
fn hash(row: &Row, column: usize) -> Result<LineHash, Error> {
    Ok(row.try_get::<_, &[u8]>(column)?.try_into().unwrap_or([0; 32]))
}

/// Lines that meet all conditions, and the last line of all.
pub(super) async fn trail(link: &Link, filter: &Filter) -> Result<(Vec<Line>, Option<Head>), Error> {
    let (compare, order) = if filter.oldest_first { (">", "ASC") } else { ("<", "DESC") };
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE ($1::text IS NULL OR who = $1) AND ($2::text IS NULL OR starts_with(action, $2)) \
         AND ($3::text IS NULL OR subject = $3) AND ($4::text IS NULL OR address = $4) AND at >= $5 AND at < $6 \
         AND id {compare} $7 ORDER BY id {order} LIMIT $8"
    );
    let start = if filter.oldest_first { -1 } else { i64::MAX };
    let rows = link
        .query(
            &sql,
            &[
                &filter.who,
                &filter.action,
                &filter.subject,
                &filter.address,
                &filter.since.map_or(i64::MIN, |time| time.0),
                &filter.until.map_or(i64::MAX, |time| time.0),
                &filter.after.map_or(start, u64::cast_signed),
                &limit(filter.limit),
            ],
        )
        .await?;
    let lines = rows.iter().map(line).collect::<Result<_, _>>()?;
    let head = link.query(HEAD, &[]).await?.first().map(head).transpose()?;
    Ok((lines, head))
}

fn line(row: &Row) -> Result<Line, Error> {
    let event = Event {
        at: Time(row.try_get(1)?),
        who: row.try_get(2)?,
        // A word that was changed shows in the hash.
        role: ActorKind::from_word(row.try_get(3)?).unwrap_or(ActorKind::Stranger),
        address: row.try_get(4)?,
        action: row.try_get(5)?,
        subject: row.try_get(6)?,
        outcome: row.try_get(7)?,
        detail: row.try_get(8)?,
    };
    Ok(Line { sequence: row.try_get::<_, i64>(0)?.cast_unsigned(), event, hash: hash(row, 9)? })
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

impl Errand for Forgetting {
    type Answer = usize;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<usize, Error> {
        transaction.query(LOCK, &[]).await?;
        let rows = transaction.query("SELECT id, at FROM audit ORDER BY id LIMIT 1", &[]).await?;
        let Some(oldest) = rows.first() else { return Ok(0) };
        let (first, at): (i64, i64) = (oldest.try_get(0)?, oldest.try_get(1)?);
        if at >= (self.before - DAY).0 {
            return Ok(0);
        }
        let sql = "SELECT id, hash FROM audit WHERE id < $1 \
                   AND id < coalesce((SELECT min(id) FROM audit WHERE at >= $2), (SELECT max(id) FROM audit)) \
                   ORDER BY id DESC LIMIT 1";
        let rows = transaction.query(sql, &[&(first + limit(self.most)), &self.before.0]).await?;
        let Some(last) = rows.first().map(head).transpose()? else { return Ok(0) };
        let forgotten =
            transaction.execute("DELETE FROM audit WHERE id <= $1", &[&last.sequence.cast_signed()]).await?;
        note(transaction, vec![removed(&last, self.now)]).await?;
        Ok(usize::try_from(forgotten).unwrap_or(0))
    }
}
