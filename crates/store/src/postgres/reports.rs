//! Counts of messages that have ended.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::events;
use super::link::{Link, Transaction, Value};
use super::rows::{code, limit, text};
use crate::report::{self, Cells, selection};
use async_trait::async_trait;
use postrider_core::contract::{EndedMessages, Reports, StoreError};
use postrider_core::report::{ReportCounts, ReportFilter, ReportSum};
use postrider_core::stream::EventPosition;
use tokio_postgres::Row;

#[async_trait]
impl Reports for Postgres {
    async fn reported_to(&self) -> Result<EventPosition, StoreError> {
        self.reader.read(|link| async move { counted(&link).await }).await
    }

    async fn ended(&self, after: EventPosition, most: usize) -> Result<EndedMessages, StoreError> {
        let settled = &self.settled;
        self.reader.read(|link| async move { events::ended(&link, settled, after, most).await }).await
    }

    async fn count(
        &self,
        from: EventPosition,
        to: EventPosition,
        counts: ReportCounts,
    ) -> Result<bool, StoreError> {
        self.errands.run(Counting { from, to, counts }).await
    }

    async fn report(&self, filter: ReportFilter, most: usize) -> Result<Vec<ReportSum>, StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { report(&link, filter, most).await }).await
    }

    async fn forget_counts(&self, before: i64) -> Result<(), StoreError> {
        self.errands.run(Forgetting(before)).await
    }
}

fn place(row: &Row) -> Result<EventPosition, Error> {
    let (page, events): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok(EventPosition { page: page.cast_unsigned(), events: u32::try_from(events).unwrap_or(0) })
}

/// The place up to which messages are counted.
pub(super) async fn counted(link: &Link) -> Result<EventPosition, Error> {
    let rows = link.query("SELECT page, events FROM report_place", &[]).await?;
    rows.first().map_or(Ok(EventPosition::START), place)
}

/// Counts of a stretch of the stream.
pub(super) struct Counting {
    pub(super) from: EventPosition,
    pub(super) to: EventPosition,
    pub(super) counts: ReportCounts,
}

impl Errand for Counting {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let take = "INSERT INTO report_place AS p (one, page, events) VALUES (1, 0, 0) \
                    ON CONFLICT (one) DO UPDATE SET one = 1 RETURNING page, events";
        let rows = transaction.query(take, &[]).await?;
        if rows.first().map(place).transpose()? != Some(self.from) {
            return Ok(false);
        }
        let (page, events) = (self.to.page.cast_signed(), i64::from(self.to.events));
        transaction.execute("UPDATE report_place SET page = $1, events = $2", &[&page, &events]).await?;
        let rows = Rows::of(&self.counts);
        let Rows { hour, account, upstream, country, network, sender, state, error, currency, latency, sums } =
            &rows;
        let [messages, parts, price, cost] = sums;
        let values: [Value<'_>; 14] = [
            hour, account, upstream, country, network, sender, state, error, currency, latency, messages,
            parts, price, cost,
        ];
        transaction.execute(ADD, &values).await?;
        Ok(true)
    }
}

const ADD: &str = "INSERT INTO report AS r (hour, account, upstream, country, network, sender, state, error, currency, \
     latency, messages, parts, price, cost) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], \
     $5::text[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::smallint[], $11::bigint[], $12::bigint[], \
     $13::bigint[], $14::bigint[]) \
     ON CONFLICT (hour, account, upstream, country, network, sender, state, error, currency, latency) DO UPDATE \
     SET messages = r.messages + excluded.messages, parts = r.parts + excluded.parts, \
     price = r.price + excluded.price, cost = r.cost + excluded.cost";

/// Counts as columns have them.
#[derive(Default)]
struct Rows {
    hour: Vec<i64>,
    account: Vec<i64>,
    upstream: Vec<i64>,
    country: Vec<String>,
    network: Vec<String>,
    sender: Vec<String>,
    state: Vec<i16>,
    error: Vec<String>,
    currency: Vec<String>,
    latency: Vec<i16>,
    sums: [Vec<i64>; 4],
}

impl Rows {
    fn of(counts: &ReportCounts) -> Self {
        let mut rows = Self::default();
        for (key, sums) in counts.iter() {
            let cells = Cells::of(key);
            rows.hour.push(key.hour);
            rows.account.push(key.account.0.into());
            rows.upstream.push(key.upstream.0.into());
            rows.country.push(cells.country);
            rows.network.push(text(&key.network).into_owned());
            rows.sender.push(text(&key.sender).into_owned());
            rows.state.push(code(key.state.0));
            rows.error.push(key.error.to_string());
            rows.currency.push(cells.currency);
            rows.latency.push(cells.latency);
            let numbers = [sums.messages.cast_signed(), sums.parts.cast_signed(), sums.price.0, sums.cost.0];
            rows.sums.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        }
        rows
    }
}

/// Hours that are forgotten.
pub(super) struct Forgetting(pub(super) i64);

impl Errand for Forgetting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        transaction.execute("DELETE FROM report WHERE hour < $1", &[&self.0]).await.map(drop)
    }
}

/// Sums of what was counted.
pub(super) async fn report(link: &Link, filter: &ReportFilter, most: usize) -> Result<Vec<ReportSum>, Error> {
    let selection = selection(filter, '$');
    let most = limit(most);
    let numbers = selection.numbers.iter().map(|number| number as Value<'_>);
    let texts = selection.texts.iter().map(|text| text as Value<'_>);
    let values: Vec<Value<'_>> = numbers.chain(texts).chain([&most as Value<'_>]).collect();
    let dimensions = filter.by.len();
    let rows = link.query(&selection.sql, &values).await?;
    let read = |row: &Row| {
        let values = (0..dimensions).map(|place| Ok(row.try_get::<_, &str>(place)?.into()));
        let values = values.collect::<Result<_, Error>>()?;
        let number = |place: usize| Ok::<i64, Error>(row.try_get(dimensions + place)?);
        let text = |place: usize| Ok::<String, Error>(row.try_get(dimensions + place)?);
        let sums = [number(4)?, number(5)?, number(6)?, number(7)?];
        Ok(report::sum(values, &text(0)?, number(1)?, &text(2)?, number(3)?, sums)?)
    };
    rows.iter().map(read).collect()
}
