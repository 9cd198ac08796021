//! Counts of messages that have ended.

use super::Sqlite;
use super::events;
use super::rows::limit;
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::Code;
use crate::report::{Cells, selection};
use async_trait::async_trait;
use postrider_core::contract::{EndedMessages, Reports, StoreError};
use postrider_core::report::{ReportCounts, ReportFilter, ReportSum};
use postrider_core::stream::EventPosition;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Result, params, params_from_iter};

#[async_trait]
impl Reports for Sqlite {
    async fn reported_to(&self) -> Result<EventPosition, StoreError> {
        self.reader.read(counted).await
    }

    async fn ended(&self, after: EventPosition, most: usize) -> Result<EndedMessages, StoreError> {
        self.reader.read(move |connection| events::ended(connection, after, most)).await
    }

    async fn count(
        &self,
        from: EventPosition,
        to: EventPosition,
        counts: ReportCounts,
    ) -> Result<bool, StoreError> {
        self.write(Counting { from, to, counts }).await
    }

    async fn report(&self, filter: ReportFilter, most: usize) -> Result<Vec<ReportSum>, StoreError> {
        self.reader.read(move |connection| report(connection, &filter, most)).await
    }

    async fn forget_counts(&self, before: i64) -> Result<(), StoreError> {
        self.write(Forgetting(before)).await
    }
}

/// The place up to which messages are counted.
pub(super) fn counted(connection: &Connection) -> Result<EventPosition> {
    let sql = "SELECT page, events FROM report_place";
    let found = connection.prepare_cached(sql)?.query_row([], |row| {
        Ok(EventPosition { page: row.get::<_, i64>(0)?.cast_unsigned(), events: row.get(1)? })
    });
    Ok(found.optional()?.unwrap_or(EventPosition::START))
}

/// Counts of a stretch of the stream.
pub(super) struct Counting {
    pub(super) from: EventPosition,
    pub(super) to: EventPosition,
    pub(super) counts: ReportCounts,
}

impl Verb for Counting {
    type Answer = bool;

    fn rows(&self) -> usize {
        self.counts.iter().count() + 1
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let connection = tables.connection;
        if counted(connection)? != self.from {
            return Ok(false);
        }
        connection
            .prepare_cached("INSERT OR REPLACE INTO report_place (one, page, events) VALUES (1, ?1, ?2)")?
            .execute(params![self.to.page.cast_signed(), self.to.events])?;
        let mut add = connection.prepare_cached(
            "INSERT INTO report (hour, account, upstream, country, network, sender, state, error, currency, latency, \
             messages, parts, price, cost) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
             ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, parts = parts + excluded.parts, \
             price = price + excluded.price, cost = cost + excluded.cost",
        )?;
        for (key, sums) in self.counts.iter() {
            let cells = Cells::of(key);
            add.execute(params![
                key.hour,
                key.account.0,
                key.upstream.0,
                cells.country,
                key.network,
                key.sender,
                key.state.0.code(),
                key.error,
                cells.currency,
                cells.latency,
                sums.messages.cast_signed(),
                sums.parts.cast_signed(),
                sums.price.0,
                sums.cost.0,
            ])?;
        }
        Ok(true)
    }
}

/// Hours that are forgotten.
pub(super) struct Forgetting(pub(super) i64);

impl Verb for Forgetting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        tables.connection.prepare_cached("DELETE FROM report WHERE hour < ?1")?.execute([self.0]).map(drop)
    }
}

/// Sums of what was counted.
pub(super) fn report(connection: &Connection, filter: &ReportFilter, most: usize) -> Result<Vec<ReportSum>> {
    let selection = selection(filter, '?');
    let mut statement = connection.prepare_cached(&selection.sql)?;
    let most = limit(most);
    let values: Vec<&dyn ToSql> = selection
        .numbers
        .iter()
        .map(|number| number as &dyn ToSql)
        .chain(selection.texts.iter().map(|text| text as &dyn ToSql))
        .chain([&most as &dyn ToSql])
        .collect();
    let dimensions = filter.by.len();
    let rows = statement.query_map(params_from_iter(values), |row| {
        let values = (0..dimensions)
            .map(|place| row.get::<_, String>(place).map(Into::into))
            .collect::<Result<_>>()?;
        let number = |place: usize| row.get::<_, i64>(dimensions + place);
        let text = |place: usize| row.get::<_, String>(dimensions + place);
        Ok(crate::report::sum(
            values,
            &text(0)?,
            number(1)?,
            &text(2)?,
            number(3)?,
            [number(4)?, number(5)?, number(6)?, number(7)?],
        )?)
    })?;
    rows.collect()
}
