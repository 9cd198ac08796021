//! Counts of messages that have ended.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::events;
use super::link::{Link, Transaction, Value};
use super::rows::{code, text};
use crate::report::{self, Cells, DAY, ENDS, HOUR, Selection, Stretch, Totals, is_number, stretches, sums};
use async_trait::async_trait;
use postrider_core::contract::{EndedMessages, Reports, StoreError};
use postrider_core::report::{Dimension, ReportCounts, ReportFilter, ReportSum, day_of};
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
        let Rows {
            span,
            hour,
            account,
            upstream,
            country,
            network,
            sender,
            state,
            error,
            currency,
            latency,
            sums,
        } = &rows;
        let [messages, parts, price, cost] = sums;
        let values: [Value<'_>; 15] = [
            span, hour, account, upstream, country, network, sender, state, error, currency, latency,
            messages, parts, price, cost,
        ];
        transaction.execute(ADD, &values).await?;
        Ok(true)
    }
}

const ADD: &str = "INSERT INTO report AS r (span, hour, account, upstream, country, network, sender, state, error, currency, \
     latency, messages, parts, price, cost) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], \
     $5::text[], $6::text[], $7::text[], $8::smallint[], $9::text[], $10::text[], $11::smallint[], $12::bigint[], \
     $13::bigint[], $14::bigint[], $15::bigint[]) \
     ON CONFLICT (span, hour, account, upstream, country, network, sender, state, error, currency, latency) DO UPDATE \
     SET messages = r.messages + excluded.messages, parts = r.parts + excluded.parts, \
     price = r.price + excluded.price, cost = r.cost + excluded.cost";

/// Counts as columns have them.
#[derive(Default)]
struct Rows {
    span: Vec<i16>,
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
        rows.add(HOUR, counts);
        rows.add(DAY, &counts.by_day());
        rows
    }

    fn add(&mut self, span: i16, counts: &ReportCounts) {
        for (key, sums) in counts.iter() {
            let cells = Cells::of(key);
            self.span.push(span);
            self.hour.push(key.hour);
            self.account.push(key.account.0.into());
            self.upstream.push(key.upstream.0.into());
            self.country.push(cells.country);
            self.network.push(text(&key.network).into_owned());
            self.sender.push(text(&key.sender).into_owned());
            self.state.push(code(key.state.0));
            self.error.push(key.error.to_string());
            self.currency.push(cells.currency);
            self.latency.push(cells.latency);
            let numbers = [sums.messages.cast_signed(), sums.parts.cast_signed(), sums.price.0, sums.cost.0];
            self.sums.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        }
    }
}

/// Days that are forgotten which ended before this hour.
pub(super) struct Forgetting(pub(super) i64);

impl Errand for Forgetting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let sql = "DELETE FROM report WHERE span IN (1, 24) AND hour < $1";
        transaction.execute(sql, &[&day_of(self.0)]).await.map(drop)
    }
}

/// Sums of what was counted.
pub(super) async fn report(link: &Link, filter: &ReportFilter, most: usize) -> Result<Vec<ReportSum>, Error> {
    let Selection { columns, condition, numbers, texts } = Selection::of(filter, '$');
    // Columns are grouped by their places: an expression that is bound twice isn't known to be the same.
    let places: Vec<String> = (1..=filter.by.len() + ENDS).map(|place| place.to_string()).collect();
    let sum = |column: &str| format!("CAST(sum({column}) AS bigint)");
    let sql = format!(
        "SELECT {columns}, {} FROM report WHERE {condition} GROUP BY {}",
        ["messages", "parts", "price", "cost"].map(sum).join(", "),
        places.join(", ")
    );
    let mut totals = Totals::new(most);
    'stretches: for Stretch { span, from, until } in stretches(filter) {
        let stretch: [Value<'_>; 3] = [&span, &from, &until];
        let numbers = numbers.iter().map(|number| number as Value<'_>);
        let texts = texts.iter().map(|text| text as Value<'_>);
        let values: Vec<Value<'_>> = stretch.into_iter().chain(numbers).chain(texts).collect();
        for row in link.query(&sql, &values).await? {
            if !add(&mut totals, &row, &filter.by)? {
                break 'stretches;
            }
        }
    }
    Ok(totals.finish()?)
}

/// Adds a row. Returns whether there is room for more.
fn add(totals: &mut Totals, row: &Row, by: &[Dimension]) -> Result<bool, Error> {
    let big = |place| Ok::<_, Error>(report::Value::Number(row.try_get::<_, i64>(place)?));
    let small = |place| Ok::<_, Error>(report::Value::Number(row.try_get::<_, i16>(place)?.into()));
    let text = |place| Ok::<_, Error>(report::Value::Text(row.try_get(place)?));
    let dimension = |(place, by): (usize, &Dimension)| if is_number(*by) { big(place) } else { text(place) };
    let mut values = by.iter().enumerate().map(dimension).collect::<Result<Vec<_>, _>>()?;
    let ends = values.len();
    values.extend([text(ends)?, small(ends + 1)?, text(ends + 2)?, small(ends + 3)?]);
    let number = |place: usize| row.try_get::<_, i64>(ends + ENDS + place);
    Ok(totals.add(values, &sums([number(0)?, number(1)?, number(2)?, number(3)?])))
}
