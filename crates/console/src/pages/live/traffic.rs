//! The API's answer about traffic, as the page reads it.

use crate::chart::{self, Line};
use crate::frame::Frame;
use crate::words::Tone;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Traffic {
    pub(super) at: String,
    pub(super) node: u64,
    pub(super) nodes: u64,
    pub(super) troubles: Vec<Trouble>,
    pub(super) all: Sums,
    pub(super) course: Option<Course>,
    pub(super) accounts: Vec<Account>,
    pub(super) upstreams: Vec<Upstream>,
    pub(super) errors: Vec<Error>,
    pub(super) backlog: Option<Backlog>,
}

#[derive(Deserialize)]
pub(super) struct Trouble {
    severity: String,
    pub(super) upstream: Option<String>,
    pub(super) since: Option<String>,
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Trouble {
    pub(super) fn is_grave(&self) -> bool {
        self.severity == "broken"
    }

    pub(super) fn tone(&self) -> &'static str {
        if self.is_grave() { Tone::Bad.class() } else { Tone::Doubt.class() }
    }

    /// What is wrong, as the start of a sentence.
    pub(super) fn sentence(&self) -> String {
        let mut letters = self.what.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

#[derive(Deserialize)]
pub(in crate::pages) struct Counts {
    pub(in crate::pages) accepted: f64,
    pub(in crate::pages) sent: f64,
    pub(in crate::pages) delivered: f64,
    pub(in crate::pages) failed: f64,
    pub(in crate::pages) received: f64,
}

impl Counts {
    /// The share of messages that were delivered, of those that ended, in percent; `None` if few did: there is no verdict.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 100")]
    pub(in crate::pages) fn delivered_share(&self) -> Option<u64> {
        let ended = self.delivered + self.failed;
        (ended >= 30.0).then(|| (self.delivered / ended * 100.0).round() as u64)
    }
}

#[derive(Deserialize)]
pub(in crate::pages) struct Sums {
    pub(in crate::pages) per_second: Counts,
    pub(in crate::pages) in_15_minutes: Counts,
}

#[derive(Deserialize)]
pub(in crate::pages) struct Course {
    pub(in crate::pages) step: u64,
    pub(in crate::pages) accepted: Vec<u64>,
    pub(in crate::pages) sent: Vec<u64>,
    pub(in crate::pages) delivered: Vec<u64>,
    pub(in crate::pages) failed: Vec<u64>,
}

/// A row of the table behind a chart.
pub(super) struct Row {
    /// Minutes ago.
    pub(super) minutes: u64,
    pub(super) accepted: u64,
    pub(super) sent: u64,
    pub(super) delivered: u64,
    pub(super) failed: u64,
}

impl Course {
    /// The top of the chart's scale, a second.
    #[expect(clippy::cast_precision_loss, reason = "it is a label")]
    pub(super) fn top_rate(&self) -> f64 {
        let most = self.accepted.iter().chain(&self.sent).chain(&self.failed).max();
        chart::top(*most.unwrap_or(&0) as f64 / self.step.max(1) as f64)
    }

    /// The lines of what came in, went out, and failed.
    #[expect(clippy::cast_precision_loss, reason = "places on a screen are not that exact")]
    pub(super) fn chart(&self) -> String {
        let line = |class, values| Line { class, values };
        let lines = [line("one", &self.accepted), line("two", &self.sent), line("three", &self.failed)];
        chart::lines(&lines, self.top_rate() * self.step as f64)
    }

    /// Its length of time.
    pub(super) fn seconds(&self) -> u64 {
        self.step * self.accepted.len() as u64
    }

    pub(in crate::pages) fn spark(&self) -> String {
        chart::spark(&self.sent)
    }

    /// The course minute by minute, the last one first.
    pub(super) fn rows(&self) -> Vec<Row> {
        let points = usize::try_from(60 / self.step.max(1)).unwrap_or(1).max(1);
        let sums =
            |values: &[u64]| -> Vec<u64> { values.rchunks(points).map(|chunk| chunk.iter().sum()).collect() };
        let [accepted, sent, delivered, failed] =
            [&self.accepted, &self.sent, &self.delivered, &self.failed].map(|values| sums(values));
        let row = |minute: usize| Row {
            minutes: minute as u64,
            accepted: accepted[minute],
            sent: sent.get(minute).copied().unwrap_or(0),
            delivered: delivered.get(minute).copied().unwrap_or(0),
            failed: failed.get(minute).copied().unwrap_or(0),
        };
        (0..accepted.len()).map(row).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) sums: Sums,
}

#[derive(Deserialize)]
pub(in crate::pages) struct Upstream {
    pub(in crate::pages) name: String,
    enabled: bool,
    links_up: u64,
    links: u64,
    #[serde(flatten)]
    pub(in crate::pages) sums: Sums,
    pub(in crate::pages) course: Course,
    pub(in crate::pages) rate_limit: Option<f64>,
    pub(in crate::pages) window_used: u64,
    pub(in crate::pages) window: u64,
    pub(in crate::pages) round_trip_ms: Option<f64>,
    pub(in crate::pages) queued: u64,
    pub(in crate::pages) seconds_to_drain: Option<u64>,
    pub(in crate::pages) receipts: Option<Receipts>,
}

impl Upstream {
    pub(in crate::pages) fn tone(&self) -> &'static str {
        let tone = match (self.enabled, self.links_up) {
            (false, _) => Tone::Quiet,
            (true, 0) => Tone::Bad,
            (true, up) if up < self.links => Tone::Doubt,
            (true, _) => Tone::Good,
        };
        tone.class()
    }

    pub(in crate::pages) fn state(&self, frame: &Frame) -> String {
        match (self.enabled, self.links_up) {
            (false, _) => frame.t("Disabled").to_owned(),
            (true, 0) => frame.t("Down").to_owned(),
            (true, up) if up < self.links => frame.t2("{0} of {1} links up", up, self.links),
            (true, _) => frame.t("Up").to_owned(),
        }
    }
}

#[derive(Deserialize)]
pub(in crate::pages) struct Receipts {
    pub(in crate::pages) median: f64,
    pub(in crate::pages) p95: f64,
}

#[derive(Deserialize)]
pub(super) struct Error {
    pub(super) upstream: String,
    pub(super) code: String,
    pub(super) carrier_code: Option<String>,
    pub(super) meaning: String,
    pub(super) remedy: String,
    pub(super) count: u64,
    pub(super) last_at: String,
}

#[derive(Deserialize)]
pub(super) struct Backlog {
    pub(super) queued: u64,
    pub(super) oldest_seconds: Option<u64>,
    pub(super) receipts_awaited: u64,
    pub(super) notices: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_behind_a_chart_has_minutes() {
        let values = vec![1; 60];
        let course = Course {
            step: 15,
            accepted: values.clone(),
            sent: values.clone(),
            delivered: values.clone(),
            failed: values,
        };
        let rows = course.rows();
        assert_eq!((rows.len(), rows[0].accepted, rows[14].failed), (15, 4, 4));
        assert!((course.top_rate() - 0.1).abs() < 1e-9);
    }

    #[test]
    fn few_messages_allow_no_verdict() {
        let counts =
            |delivered, failed| Counts { accepted: 0.0, sent: 0.0, delivered, failed, received: 0.0 };
        assert_eq!(counts(20.0, 9.0).delivered_share(), None);
        assert_eq!(counts(97.0, 3.0).delivered_share(), Some(97));
    }
}
