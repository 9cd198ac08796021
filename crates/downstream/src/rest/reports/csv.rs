//! Reports as CSV: what a line is broken down by, and its numbers.

use super::ReportLine;
use crate::rest::consent::csv;
use postrider_core::report::Dimension;

/// The columns behind those of the dimensions that everybody sees.
const COLUMNS: [&str; 9] =
    ["messages", "parts", "delivered", "delivered_ratio", "p50_ms", "p90_ms", "p99_ms", "currency", "price"];
/// The columns that administrators see besides.
const COSTS: [&str; 2] = ["cost", "margin"];

/// The header and the lines.
pub(super) fn lines(report: &[ReportLine], by: &[Dimension], shows_cost: bool) -> String {
    let mut text = String::new();
    let costs = if shows_cost { &COSTS[..] } else { &[] };
    csv::write(&mut text, by.iter().map(|by| by.word()).chain(COLUMNS).chain(costs.iter().copied()));
    for line in report {
        let latency = |of: fn(&super::LatencyView) -> u64| line.latency.as_ref().map(|it| of(it).to_string());
        let numbers = [
            Some(line.messages.to_string()),
            Some(line.parts.to_string()),
            Some(line.delivered.to_string()),
            Some(format!("{:.4}", line.delivered_ratio)),
            latency(|it| it.p50),
            latency(|it| it.p90),
            latency(|it| it.p99),
            line.currency.clone(),
            line.price.clone(),
        ];
        let costs = [line.cost.clone(), line.margin.clone()];
        let numbers: Vec<String> = numbers
            .into_iter()
            .chain(costs.into_iter().filter(|_| shows_cost))
            .map(Option::unwrap_or_default)
            .collect();
        let values = by.iter().map(|by| line.by.get(by.word()).map_or("", String::as_str));
        csv::write(&mut text, values.chain(numbers.iter().map(String::as_str)));
    }
    text
}
