//! Counts of messages that have ended.

use super::Sqlite;
use super::events;
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::Code;
use crate::report::{Cells, DAY, ENDS, HOUR, Selection, Stretch, Totals, Value, stretches, sums};
use async_trait::async_trait;
use postrider_core::contract::{EndedMessages, Reports, StoreError};
use postrider_core::report::{Dimension, ReportCounts, ReportFilter, ReportSum, day_of};
use postrider_core::stream::EventPosition;
use rusqlite::types::{ToSql, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, params, params_from_iter};

/// The most columns that messages of one sum have in common.
const COLUMNS_MAX: usize = Dimension::ALL.len() + ENDS;

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
        2 * self.counts.iter().count() + 1
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let connection = tables.connection;
        if counted(connection)? != self.from {
            return Ok(false);
        }
        connection
            .prepare_cached("INSERT OR REPLACE INTO report_place (one, page, events) VALUES (1, ?1, ?2)")?
            .execute(params![self.to.page.cast_signed(), self.to.events])?;
        add(connection, HOUR, &self.counts)?;
        add(connection, DAY, &self.counts.by_day())?;
        Ok(true)
    }
}

fn add(connection: &Connection, span: i16, counts: &ReportCounts) -> Result<()> {
    let mut add = connection.prepare_cached(
        "INSERT INTO report (span, hour, account, upstream, country, network, sender, state, error, currency, latency, \
         messages, parts, price, cost) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
         ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, parts = parts + excluded.parts, \
         price = price + excluded.price, cost = cost + excluded.cost",
    )?;
    for (key, sums) in counts.iter() {
        let cells = Cells::of(key);
        add.execute(params![
            span,
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
    Ok(())
}

/// Days that are forgotten which ended before this hour.
pub(super) struct Forgetting(pub(super) i64);

impl Verb for Forgetting {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let sql = "DELETE FROM report WHERE span IN (1, 24) AND hour < ?1";
        tables.connection.prepare_cached(sql)?.execute([day_of(self.0)]).map(drop)
    }
}

/// Sums of what was counted.
pub(super) fn report(connection: &Connection, filter: &ReportFilter, most: usize) -> Result<Vec<ReportSum>> {
    let Selection { columns, condition, numbers, texts } = Selection::of(filter, '?');
    let sql = format!("SELECT {columns}, messages, parts, price, cost FROM report WHERE {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let shared = filter.by.len() + ENDS;
    let mut totals = Totals::new(most);
    'stretches: for Stretch { span, from, until } in stretches(filter) {
        let stretch = [span.into(), from, until];
        let values = stretch.iter().chain(&numbers).map(|number| number as &dyn ToSql);
        let values = values.chain(texts.iter().map(|text| text as &dyn ToSql));
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let number = |place: usize| row.get::<_, i64>(shared + place);
            let sums = sums([number(0)?, number(1)?, number(2)?, number(3)?]);
            let mut values = [Value::Number(0); COLUMNS_MAX];
            for (place, value) in values.iter_mut().enumerate().take(shared) {
                *value = value_of(row.get_ref(place)?)?;
            }
            if !totals.add(values.into_iter().take(shared), &sums) {
                break 'stretches;
            }
        }
    }
    Ok(totals.finish()?)
}

fn value_of(cell: ValueRef<'_>) -> Result<Value<'_>> {
    Ok(match cell {
        ValueRef::Text(_) => Value::Text(cell.as_str()?),
        _ => Value::Number(cell.as_i64()?),
    })
}
