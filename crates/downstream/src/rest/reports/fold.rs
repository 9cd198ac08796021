//! The lines of a report, of the sums that the store yields.

use super::{LatencyView, ReportLine, ReportView};
use crate::rest::moment;
use postrider_core::account::AccountId;
use postrider_core::delivery::State;
use postrider_core::money::{Amount, Currency};
use postrider_core::report::{Dimension, LATENCIES, ReportFilter, ReportSum, hour_start, latency_end};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;

/// A line that is being added up.
#[derive(Default)]
struct Adding {
    line: ReportLine,
    price: Amount,
    cost: Amount,
    latencies: Vec<u64>,
}

/// The report of these sums, which are in the order of their values and their currencies.
pub(super) fn fold(filter: &ReportFilter, sums: &[ReportSum], rules: &Rules, shows_cost: bool) -> ReportView {
    let mut lines: Vec<ReportLine> = Vec::new();
    let mut last: Option<(&[Box<str>], Option<Currency>)> = None;
    let mut adding = Adding::default();
    for sum in sums {
        let key = (&*sum.values, sum.currency);
        if last.is_some_and(|last| last != key) {
            lines.push(
                std::mem::take(&mut adding).finish(last.and_then(|(_, currency)| currency), shows_cost),
            );
        }
        if last != Some(key) {
            let named = filter.by.iter().zip(&sum.values);
            adding.line.by = named.map(|(by, value)| (by.word(), named_value(*by, value, rules))).collect();
        }
        last = Some(key);
        adding.add(sum);
    }
    if let Some((_, currency)) = last {
        lines.push(adding.finish(currency, shows_cost));
    }
    let (since, until) = (hour_start(filter.from), hour_start(filter.until));
    ReportView { since: moment::write(since), until: moment::write(until), lines }
}

impl Adding {
    fn add(&mut self, sum: &ReportSum) {
        let messages = sum.sums.messages;
        self.line.messages += messages;
        self.line.parts += sum.sums.parts;
        if sum.state == State::Delivered {
            self.line.delivered += messages;
        } else {
            *self.line.states.entry(sum.state.word()).or_default() += messages;
        }
        if !sum.error.is_empty() {
            *self.line.errors.entry(sum.error.to_string()).or_default() += messages;
        }
        if let Some(class) = sum.latency {
            self.latencies.resize(LATENCIES.into(), 0);
            if let Some(count) = self.latencies.get_mut(usize::from(class)) {
                *count += messages;
            }
        }
        self.price = self.price + sum.sums.price;
        self.cost = self.cost + sum.sums.cost;
    }

    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than a float has")]
    fn finish(self, currency: Option<Currency>, shows_cost: bool) -> ReportLine {
        let Self { mut line, price, cost, latencies } = self;
        line.delivered_ratio = line.delivered as f64 / (line.messages.max(1)) as f64;
        line.latency = percentiles(&latencies);
        if let Some(currency) = currency {
            line.currency = Some(currency.to_string());
            line.price = Some(price.to_string());
            line.cost = shows_cost.then(|| cost.to_string());
            line.margin = shows_cost.then(|| (price - cost).to_string());
        }
        line
    }
}

/// The percentiles of times that are counted by class.
fn percentiles(counts: &[u64]) -> Option<LatencyView> {
    let all: u64 = counts.iter().sum();
    let within = |percent: u64| {
        let wanted = (all * percent).div_ceil(100);
        let mut counted = 0;
        let mut classes = counts.iter().zip(0u8..).skip_while(|(count, _)| {
            counted += **count;
            counted < wanted
        });
        classes.next().map_or(0, |(_, class)| latency_end(class))
    };
    (all > 0).then(|| LatencyView { p50: within(50), p90: within(90), p99: within(99) })
}

/// A value as it is shown: names for numbers, and times for hours.
fn named_value(by: Dimension, value: &str, rules: &Rules) -> String {
    let number = || value.parse::<u32>().ok();
    let named = match by {
        Dimension::Hour | Dimension::Day => value.parse().ok().map(|hour| moment::write(hour_start(hour))),
        Dimension::Account => {
            number().and_then(|id| rules.account(AccountId(id))).map(|it| it.name.to_string())
        }
        Dimension::Upstream => {
            number().and_then(|id| rules.upstream(UpstreamId(id))).map(|it| it.name.to_string())
        }
        Dimension::Country | Dimension::Network | Dimension::Sender => None,
    };
    named.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, rules};
    use postrider_core::report::ReportSums;

    fn sum(
        values: &[&str],
        currency: Option<&str>,
        state: State,
        latency: Option<u8>,
        messages: u64,
    ) -> ReportSum {
        let sums = ReportSums {
            messages,
            parts: messages * 2,
            price: Amount(30).times(u8::try_from(messages).unwrap()),
            cost: Amount(20).times(u8::try_from(messages).unwrap()),
        };
        ReportSum {
            values: values.iter().map(|value| Box::from(*value)).collect(),
            currency: currency.map(|code| code.parse().unwrap()),
            state,
            error: if state == State::Delivered { "" } else { "validity_ended" }.into(),
            latency,
            sums,
        }
    }

    #[test]
    fn sums_become_lines() {
        let filter = ReportFilter {
            from: 0,
            until: 24,
            by: vec![Dimension::Day, Dimension::Account],
            ..ReportFilter::default()
        };
        let sums = [
            sum(&["0", "1"], Some("EUR"), State::Delivered, Some(20), 8),
            sum(&["0", "1"], Some("EUR"), State::Delivered, Some(30), 2),
            sum(&["0", "1"], Some("EUR"), State::Expired, None, 10),
            sum(&["0", "9"], None, State::Expired, None, 1),
        ];
        let shown = serde_json::to_value(fold(&filter, &sums, &rules(account()), true)).unwrap();
        assert_eq!(
            (&shown["since"], &shown["until"]),
            (&"1970-01-01T00:00:00.000Z".into(), &"1970-01-02T00:00:00.000Z".into())
        );
        assert_eq!(
            shown["lines"][0],
            serde_json::json!({
                "day": "1970-01-01T00:00:00.000Z", "account": "shop", "messages": 20, "parts": 40, "delivered": 10,
                "delivered_ratio": 0.5, "states": { "expired": 10 }, "errors": { "validity_ended": 10 },
                "latency": { "p50": 1448, "p90": 46336, "p99": 46336 },
                "currency": "EUR", "price": "0.0006", "cost": "0.0004", "margin": "0.0002",
            })
        );
        assert_eq!((&shown["lines"][1]["account"], shown["lines"][1].get("price")), (&"9".into(), None));
        let own = serde_json::to_value(fold(&filter, &sums, &rules(account()), false)).unwrap();
        assert_eq!((&own["lines"][0]["price"], own["lines"][0].get("cost")), (&"0.0006".into(), None));
        assert_eq!(fold(&filter, &[], &rules(account()), true).lines, []);
    }
}
