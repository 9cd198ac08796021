//! What a measurement came to, for people and for programs.

use super::Door;
use super::usage::Usage;
use crate::terminal::{Style, paint, say};
use postrider_simulator::carrier::Counts;
use postrider_simulator::load::Report;
use serde_json::{Value, json};
use std::time::Duration;

/// What was measured.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) door: Door,
    /// Whether clients get receipts: a message is complete then when its receipt came.
    pub(super) hears_receipts: bool,
    pub(super) report: Report,
    pub(super) carrier: Counts,
    /// What was used from the first message to the last receipt.
    pub(super) usage: Usage,
    /// What was used until the last message was accepted.
    pub(super) sending: Usage,
    /// The most memory that the gateway had, in octets.
    pub(super) peak: u64,
}

impl Figures {
    /// Prints them.
    pub(super) fn show(&self, as_json: bool) {
        if as_json {
            say(&serde_json::to_string_pretty(&self.json()).unwrap_or_default());
            return;
        }
        for (name, value) in self.rows() {
            say(&format!("{name:<46}{}", paint(Style::Strong, &value)));
        }
    }

    /// Messages that came to their end.
    fn complete(&self) -> u64 {
        if self.hears_receipts { self.report.progress.receipts } else { self.carrier.receipts_taken }
    }

    /// Messages accepted a second, and messages that came to their end. Where clients get no receipts the last
    /// one isn't timed, so there is no second figure.
    pub(super) fn rates(&self) -> (f64, Option<f64>) {
        let rate = |count: u64, time: Duration| count as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE);
        let accepted = rate(self.report.progress.accepted, self.report.accepting);
        let complete = rate(self.complete(), self.report.completing);
        (accepted, self.hears_receipts.then_some(complete))
    }

    /// Messages accepted that came to no end.
    pub(super) fn lost(&self) -> u64 {
        self.report.progress.accepted.saturating_sub(self.complete())
    }

    pub(super) fn per_100_000(&self, seconds: f64) -> f64 {
        seconds * 100_000.0 / (self.report.progress.accepted.max(1) as f64)
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let progress = &self.report.progress;
        let (accepted, complete) = self.rates();
        let latency = |share| millis(self.report.latency.quantile(share));
        let mut rows = vec![
            ("messages accepted", whole(progress.accepted as f64)),
            ("messages accepted a second", whole(accepted)),
        ];
        rows.extend(complete.map(|complete| ("messages complete a second", whole(complete))));
        rows.extend([
            ("accept latency p50 / p99 / max", {
                format!("{} / {} / {}", latency(0.5), latency(0.99), millis(self.report.latency.max()))
            }),
            (
                "gateway CPU-seconds per 100,000 messages",
                format!("{:.2}", self.per_100_000(self.usage.gateway)),
            ),
            ("clients' and carrier's, for comparison", format!("{:.2}", self.per_100_000(self.usage.own))),
            ("gateway peak memory", mebibytes(self.peak)),
            ("processors idle / stolen, while sending", {
                format!("{} / {}", percent(self.sending.machine.idle), percent(self.sending.machine.stolen))
            }),
            ("lost", whole(self.lost() as f64)),
            ("sent twice / told twice", {
                let told = self.report.progress.duplicates;
                format!("{} / {}", whole(self.carrier.duplicates as f64), whole(told as f64))
            }),
            ("refused / unanswered", format!("{} / {}", progress.refused, progress.unanswered)),
            ("told to slow down", whole(progress.throttled as f64)),
            ("throttled / refused by the carrier", {
                format!("{} / {}", whole(self.carrier.throttled as f64), whole(self.carrier.refused as f64))
            }),
        ]);
        if let Some(seconds) = self.usage.database {
            rows.push((
                "database CPU-seconds per 100,000 messages",
                format!("{:.2}", self.per_100_000(seconds)),
            ));
        }
        if let Some(share) = self.sending.store_thread {
            rows.push(("store's thread busy, while sending", percent(share)));
        }
        if self.report.mismatched > 0 {
            rows.push(("receipts with a wrong identifier", whole(self.report.mismatched as f64)));
        }
        rows
    }

    pub(super) fn json(&self) -> Value {
        let progress = &self.report.progress;
        let (accepted, complete) = self.rates();
        let micros = |duration: Duration| duration.as_micros() as u64;
        let latency = |share| micros(self.report.latency.quantile(share));
        json!({
            "door": self.door.word(),
            "accepted": progress.accepted,
            "complete": self.complete(),
            "accepted_per_second": accepted,
            "complete_per_second": complete,
            "accept_latency_us": {
                "p50": latency(0.5), "p99": latency(0.99), "max": micros(self.report.latency.max()),
            },
            "gateway_cpu_seconds": self.usage.gateway,
            "gateway_cpu_seconds_per_100000": self.per_100_000(self.usage.gateway),
            "other_cpu_seconds_per_100000": self.per_100_000(self.usage.own),
            "database_cpu_seconds_per_100000": self.usage.database.map(|seconds| self.per_100_000(seconds)),
            "gateway_peak_bytes": self.peak,
            "sending": {
                "processors_idle": self.sending.machine.idle,
                "processors_stolen": self.sending.machine.stolen,
                "store_thread_busy": self.sending.store_thread,
            },
            "lost": self.lost(),
            "sent_twice": self.carrier.duplicates,
            "told_twice": self.report.progress.duplicates,
            "mismatched": self.report.mismatched,
            "refused": progress.refused,
            "unanswered": progress.unanswered,
            "throttled": progress.throttled,
            "disconnects": progress.disconnects,
            "carrier_throttled": self.carrier.throttled,
            "carrier_refused": self.carrier.refused,
        })
    }
}

/// A number without its fraction, its thousands apart.
pub(super) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A duration in milliseconds.
pub(super) fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

/// A share, 0 to 1.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Octets in mebibytes.
pub(super) fn mebibytes(octets: u64) -> String {
    format!("{:.0} MiB", octets as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let shown = [0.4, 999.0, 1000.0, 1_234_567.8].map(whole);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,568"]);
        assert_eq!(millis(Duration::from_micros(12_345)), "12.3 ms");
        assert_eq!(mebibytes(3 << 20), "3 MiB");
        assert_eq!(percent(0.256), "26 %");
    }
}
