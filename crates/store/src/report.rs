//! Counts of messages as both engines keep them, and the statement that sums them up.

use crate::codes::Code;
use crate::table::Damaged;
use postrider_core::delivery::State;
use postrider_core::money::{Amount, Currency};
use postrider_core::report::{Dimension, ReportFilter, ReportKey, ReportSum, ReportSums};

/// The column of a time to delivery where there is none.
const NO_LATENCY: i16 = -1;

/// Columns of a key that are not its fields as they are.
pub(crate) struct Cells {
    pub(crate) country: String,
    pub(crate) currency: String,
    pub(crate) latency: i16,
}

impl Cells {
    pub(crate) fn of(key: &ReportKey) -> Self {
        Self {
            country: key.country.map_or_else(String::new, |country| country.to_string()),
            currency: key.currency.map_or_else(String::new, |currency| currency.to_string()),
            latency: key.latency.map_or(NO_LATENCY, i16::from),
        }
    }
}

/// A statement with its values: numbers first, then texts, then the most rows.
pub(crate) struct Selection {
    pub(crate) sql: String,
    pub(crate) numbers: Vec<i64>,
    pub(crate) texts: Vec<String>,
}

/// The statement that sums counts up. It yields the dimensions as texts, then currency, state, error, latency and four sums.
pub(crate) fn selection(filter: &ReportFilter, sign: char) -> Selection {
    let expression = |dimension: &Dimension| match dimension {
        Dimension::Hour => "hour",
        Dimension::Day => "hour / 24 * 24",
        Dimension::Account => "account",
        Dimension::Upstream => "upstream",
        Dimension::Country => "country",
        Dimension::Network => "network",
        Dimension::Sender => "sender",
    };
    let mut conditions = vec![format!("hour >= {sign}1"), format!("hour < {sign}2")];
    let mut numbers = vec![filter.from, filter.until];
    let of_numbers =
        [("account", filter.account.map(|it| it.0)), ("upstream", filter.upstream.map(|it| it.0))];
    for (column, number) in of_numbers {
        if let Some(number) = number {
            numbers.push(number.into());
            conditions.push(format!("{column} = {sign}{}", numbers.len()));
        }
    }
    let mut texts = Vec::new();
    let country = filter.country.map(|country| country.to_string());
    let (network, sender) = (filter.network.as_deref(), filter.sender.as_deref());
    let of_texts =
        [("country", country), ("network", network.map(Into::into)), ("sender", sender.map(Into::into))];
    for (column, text) in of_texts {
        if let Some(text) = text {
            texts.push(text);
            conditions.push(format!("{column} = {sign}{}", numbers.len() + texts.len()));
        }
    }
    let dimensions: Vec<String> =
        filter.by.iter().map(|it| format!("CAST({} AS text), ", expression(it))).collect();
    let grouped: Vec<String> = filter.by.iter().map(|it| format!("{}, ", expression(it))).collect();
    let (dimensions, grouped) = (dimensions.concat(), grouped.concat());
    let sum = |column: &str| format!("CAST(sum({column}) AS bigint)");
    let sql = format!(
        "SELECT {dimensions}currency, CAST(state AS bigint), error, CAST(latency AS bigint), {}, {}, {}, {} FROM report \
         WHERE {} GROUP BY {grouped}currency, state, error, latency \
         ORDER BY {grouped}currency, state, error, latency LIMIT {sign}{}",
        sum("messages"),
        sum("parts"),
        sum("price"),
        sum("cost"),
        conditions.join(" AND "),
        numbers.len() + texts.len() + 1
    );
    Selection { sql, numbers, texts }
}

/// A sum of a report, of a row's values.
pub(crate) fn sum(
    values: Vec<Box<str>>,
    currency: &str,
    state: i64,
    error: &str,
    latency: i64,
    [messages, parts, price, cost]: [i64; 4],
) -> Result<ReportSum, Damaged> {
    let unknown = || Damaged { columns: "state", found: state.to_string() };
    Ok(ReportSum {
        values,
        currency: currency.parse::<Currency>().ok(),
        state: State::from_code(state).ok_or_else(unknown)?,
        error: error.into(),
        latency: u8::try_from(latency).ok(),
        sums: ReportSums {
            messages: messages.unsigned_abs(),
            parts: parts.unsigned_abs(),
            price: Amount(price),
            cost: Amount(cost),
        },
    })
}
