//! Counts of messages as both engines keep them, and how they are summed up.
//!
//! Each count stands in the table twice: for its hour and for its day. A report takes whole days and the hours around them.

mod totals;

use crate::codes::Code;
use crate::table::Damaged;
use postrider_core::delivery::State;
use postrider_core::money::{Amount, Currency};
use postrider_core::report::{Dimension, ReportFilter, ReportKey, ReportSum, ReportSums, day_of};
pub(crate) use totals::{Totals, Value};

/// The column of a time to delivery where there is none.
const NO_LATENCY: i16 = -1;
/// The span of counts of an hour.
pub(crate) const HOUR: i16 = 1;
/// The span of counts of a day.
pub(crate) const DAY: i16 = 24;
/// Columns behind those of the dimensions: currency, state, error and latency.
pub(crate) const ENDS: usize = 4;

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

/// Counts of one span that a report reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// [`HOUR`] or [`DAY`].
    pub(crate) span: i16,
    /// The first hour.
    pub(crate) from: i64,
    /// The hour behind the last.
    pub(crate) until: i64,
}

/// What a report reads: the hours before the first whole day, whole days, and the hours behind them.
pub(crate) fn stretches(filter: &ReportFilter) -> Vec<Stretch> {
    let (from, until) = (filter.from, filter.until);
    let first_day = day_of(from + i64::from(DAY) - 1);
    let days_end = day_of(until).max(first_day);
    let by_hour = filter.by.contains(&Dimension::Hour);
    if by_hour || first_day >= days_end {
        return vec![Stretch { span: HOUR, from, until }];
    }
    let all = [(HOUR, from, first_day), (DAY, first_day, days_end), (HOUR, days_end, until)];
    let some = all.into_iter().filter(|(_, from, until)| from < until);
    some.map(|(span, from, until)| Stretch { span, from, until }).collect()
}

/// Whether a dimension's values are numbers.
pub(crate) const fn is_number(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Hour | Dimension::Day | Dimension::Account | Dimension::Upstream)
}

/// What is read of a stretch: columns, conditions, and their values after span, first hour and end: numbers, then texts.
pub(crate) struct Selection {
    /// The columns that messages of one sum have in common: the dimensions, currency, state, error and latency.
    pub(crate) columns: String,
    /// The condition of the rows.
    pub(crate) condition: String,
    pub(crate) numbers: Vec<i64>,
    pub(crate) texts: Vec<String>,
}

impl Selection {
    /// Of a filter. Signs of values are `?1` or `$1`.
    pub(crate) fn of(filter: &ReportFilter, sign: char) -> Self {
        let mut conditions = ["span =", "hour >=", "hour <"].map(String::from).to_vec();
        let account = filter.account.map(|it| i64::from(it.0));
        let upstream = filter.upstream.map(|it| i64::from(it.0));
        let mut numbers = Vec::new();
        for (column, number) in [("account", account), ("upstream", upstream)] {
            conditions.extend(number.map(|_| format!("{column} =")));
            numbers.extend(number);
        }
        let country = filter.country.map(|country| country.to_string());
        let (network, sender) = (filter.network.as_deref(), filter.sender.as_deref());
        let mut texts = Vec::new();
        let of_texts =
            [("country", country), ("network", network.map(Into::into)), ("sender", sender.map(Into::into))];
        for (column, text) in of_texts {
            conditions.extend(text.as_ref().map(|_| format!("{column} =")));
            texts.extend(text);
        }
        let conditions: Vec<String> = conditions
            .iter()
            .zip(1..)
            .map(|(condition, place)| format!("{condition} {sign}{place}"))
            .collect();
        let dimensions: String = filter.by.iter().map(|it| format!("{}, ", expression(*it))).collect();
        Self {
            columns: format!("{dimensions}currency, state, error, latency"),
            condition: conditions.join(" AND "),
            numbers,
            texts,
        }
    }
}

/// A dimension in SQL.
const fn expression(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Hour => "hour",
        Dimension::Day => "hour / 24 * 24",
        Dimension::Account => "account",
        Dimension::Upstream => "upstream",
        Dimension::Country => "country",
        Dimension::Network => "network",
        Dimension::Sender => "sender",
    }
}

/// A sum of a report, of the values of its columns.
fn sum(values: &[Value<'_>], sums: ReportSums) -> Result<ReportSum, Damaged> {
    let (dimensions, ends) = values.split_at(values.len().saturating_sub(ENDS));
    let unknown = || Damaged { columns: "state", found: format!("{ends:?}") };
    let [currency, Value::Number(state), error, latency] = ends else { return Err(unknown()) };
    let latency = if let Value::Number(latency) = latency { u8::try_from(*latency).ok() } else { None };
    Ok(ReportSum {
        values: dimensions.iter().map(|value| value.to_string().into()).collect(),
        currency: currency.to_string().parse::<Currency>().ok(),
        state: State::from_code(*state).ok_or_else(unknown)?,
        error: error.to_string().into(),
        latency,
        sums,
    })
}

/// Sums, of the values of their columns.
pub(crate) const fn sums([messages, parts, price, cost]: [i64; 4]) -> ReportSums {
    ReportSums {
        messages: messages.unsigned_abs(),
        parts: parts.unsigned_abs(),
        price: Amount(price),
        cost: Amount(cost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_read_as_days() {
        let read = |from, until, by: &[Dimension]| {
            let filter = ReportFilter { from, until, by: by.to_vec(), ..ReportFilter::default() };
            let of_span = |it: Stretch| (it.span, it.from, it.until);
            stretches(&filter).into_iter().map(of_span).collect::<Vec<_>>()
        };
        for (from, until, expected) in [
            (0, 48, vec![(24, 0, 48)]),
            (1, 48, vec![(1, 1, 24), (24, 24, 48)]),
            (0, 49, vec![(24, 0, 48), (1, 48, 49)]),
            (23, 73, vec![(1, 23, 24), (24, 24, 72), (1, 72, 73)]),
            (-25, 1, vec![(1, -25, -24), (24, -24, 0), (1, 0, 1)]),
            (1, 47, vec![(1, 1, 47)]),
            (5, 6, vec![(1, 5, 6)]),
            (6, 5, vec![(1, 6, 5)]),
        ] {
            assert_eq!(read(from, until, &[Dimension::Day]), expected, "{from} to {until}");
        }
        assert_eq!(read(0, 48, &[Dimension::Hour]), [(1, 0, 48)]);
    }

    #[test]
    fn a_selection_names_what_is_asked_for() {
        let filter = ReportFilter {
            by: vec![Dimension::Day, Dimension::Network],
            upstream: Some(postrider_core::route::UpstreamId(7)),
            sender: Some("shop".into()),
            ..ReportFilter::default()
        };
        let selection = Selection::of(&filter, '$');
        assert_eq!(selection.columns, "hour / 24 * 24, network, currency, state, error, latency");
        assert_eq!(
            selection.condition,
            "span = $1 AND hour >= $2 AND hour < $3 AND upstream = $4 AND sender = $5"
        );
        assert_eq!((selection.numbers, selection.texts), (vec![7], vec!["shop".to_owned()]));
    }
}
