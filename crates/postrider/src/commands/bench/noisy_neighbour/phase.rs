//! What was measured of the quiet account in one phase, for people and for programs.

use crate::commands::bench::figures::{millis, whole};
use postrider_simulator::load::Report;
use serde_json::{Value, json};
use std::time::Duration;

/// One phase.
#[derive(Debug)]
pub(super) struct Phase {
    pub(super) name: &'static str,
    /// Messages that the quiet account sent in it.
    pub(super) sent: u64,
    pub(super) report: Report,
    /// Messages of the other account that the carrier did not have at the end.
    pub(super) backlog: u64,
    /// Messages of both accounts that the carrier took, a second.
    pub(super) carried_per_second: f64,
}

const HEADING: [&str; 7] =
    ["messages", "delay p50", "p99", "max", "never arrived", "other's backlog", "carried/s"];

/// The heading of the table.
pub(super) fn heading() -> String {
    line("", &HEADING.map(str::to_owned))
}

impl Phase {
    /// Messages of the quiet account that the carrier has.
    pub(super) fn arrived(&self) -> u64 {
        self.report.progress.arrived
    }

    /// Messages of the quiet account that the carrier never had.
    fn missing(&self) -> u64 {
        self.sent.saturating_sub(self.arrived())
    }

    fn delay(&self, share: f64) -> Duration {
        self.report.delivery.quantile(share)
    }

    /// Its line of the table.
    pub(super) fn line(&self) -> String {
        let cells = [
            whole(self.sent as f64),
            millis(self.delay(0.5)),
            millis(self.delay(0.99)),
            millis(self.report.delivery.max()),
            whole(self.missing() as f64),
            whole(self.backlog as f64),
            whole(self.carried_per_second),
        ];
        line(self.name, &cells)
    }

    pub(super) fn json(&self) -> Value {
        let micros = |duration: Duration| duration.as_micros() as u64;
        let latency = &self.report.latency;
        json!({
            "phase": self.name,
            "messages": self.sent,
            "delay_us": {
                "p50": micros(self.delay(0.5)),
                "p99": micros(self.delay(0.99)),
                "max": micros(self.report.delivery.max()),
            },
            "accept_latency_us": {
                "p50": micros(latency.quantile(0.5)),
                "p99": micros(latency.quantile(0.99)),
                "max": micros(latency.max()),
            },
            "never_arrived": self.missing(),
            "backlog": self.backlog,
            "carried_per_second": self.carried_per_second,
        })
    }
}

fn line(name: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{cell:>17}")).collect();
    format!("{name:<22}{cells}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_arrived_is_told_beside_the_delays_of_what_did() {
        let mut report = Report::default();
        for millis in [2, 4, 250] {
            report.delivery.record(Duration::from_millis(millis));
        }
        report.progress.arrived = 3;
        let phase = Phase { name: "alone", sent: 4, report, backlog: 12_345, carried_per_second: 999.6 };
        let cells = |line: String| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).count();
        assert_eq!(cells(heading()) + 1, cells(phase.line()));
        let document = phase.json();
        assert_eq!((&document["messages"], &document["never_arrived"]), (&4.into(), &1.into()));
        assert_eq!((&document["delay_us"]["max"], &document["backlog"]), (&250_000.into(), &12_345.into()));
        let median = document["delay_us"]["p50"].as_u64().unwrap();
        assert!((4_000..4_100).contains(&median), "{median}");
    }
}
